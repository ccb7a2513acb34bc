/** The style of the HTML report: light, dark, and print. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d8dee4;--page:#fff;--panel:#f6f8fa;--pass:#1a7f37;--warn:#9a6700;--fail:#cf222e;--none:#8c959f}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--page:#0d1117;--panel:#151b23;--pass:#3fb950;--warn:#d29922;--fail:#f85149;--none:#656c76}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page)}
h1{font-size:1.5rem;margin:0 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .75rem}h3{font-size:1rem;margin:0 0 .5rem}
small{color:var(--soft);font-weight:400}a{color:inherit}code,pre,.journal{font:12.5px/1.45 ui-monospace,monospace}
.box{border:1px solid var(--line);border-left:6px solid;border-radius:6px;padding:.75rem 1.25rem;background:var(--panel)}
.box.good{border-left-color:var(--pass)}.box.bad{border-left-color:var(--fail)}.box p{margin:.25rem 0}
.box .verdict{font-size:1.3rem;font-weight:600}.good .verdict{color:var(--pass)}.bad .verdict{color:var(--fail)}.stale{color:var(--warn)}
table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:600;color:var(--soft);font-size:.85rem}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}
.bar{display:flex;width:9rem;height:.7rem;border-radius:3px;overflow:hidden;margin-top:.4rem}.bar i{display:block}
.bar .pass{background:var(--pass)}.bar .warn{background:var(--warn)}.bar .fail{background:var(--fail)}.bar .none{background:var(--none)}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0;overflow:auto}summary{cursor:pointer;padding:.5rem .75rem;font-weight:600}
details table td:last-child,details table th:last-child{white-space:nowrap}
.v{display:inline-block;border-radius:1rem;padding:0 .6rem;font-size:.8rem;font-weight:600;border:1px solid;white-space:nowrap}
.PASS{color:var(--pass)}.WARN{color:var(--warn)}.FAIL,.ERROR{color:var(--fail)}.INCONCLUSIVE,.NOT_RUN{color:var(--warn)}.NOT_SUPPORTED{color:var(--none)}
article{border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem;margin:.75rem 0}
.scenario{border-left:3px solid var(--line);padding-left:.75rem;margin:.5rem 0}.scenario p{margin:.15rem 0}.step{color:var(--fail)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--panel);padding:.5rem .75rem;border-radius:6px;margin:.4rem 0;max-height:22rem;overflow:auto}
.journal{padding:.25rem .75rem .75rem}.journal div{padding:.1rem .4rem;overflow-wrap:anywhere;border-radius:3px;margin:.1rem 0}
.journal .in{margin-right:25%;background:color-mix(in srgb,var(--pass) 12%,transparent)}
.journal .out{margin-left:25%;background:color-mix(in srgb,var(--warn) 12%,transparent)}.journal .note{color:var(--soft)}
footer{margin-top:2rem;color:var(--soft);font-size:.85rem}
@media print{details{display:block}body{max-width:none}}
`
