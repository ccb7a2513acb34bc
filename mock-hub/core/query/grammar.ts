/**
 * The grammar of the query language, for peggy. Keywords are case-insensitive. The name of a property is bare,
 * `[[quoted]]` or `['quoted']`.
 */
export const GRAMMAR = String.raw`
{{
  const place = ({ start }) => ({ line: start.line, column: start.column })
  const fold = (head, tail, make) => tail.reduce((left, [operator, right]) => make(left, operator, right), head)
}}

Query
  = _ SELECT top:Top? select:Selection FROM from:Collection where:Where? groupBy:GroupBy? (";" _)?
    { return { top: top ?? undefined, select, from, where: where ?? undefined, groupBy: groupBy ?? [] } }

Target
  = _ FROM from:Collection where:Where? { return { from, where: where ?? undefined } }
  / _ "*" _ { return { from: 'devices', where: undefined } }
  / _ where:Expression { return { from: 'devices', where } }

Top "TOP n" = "TOP"i !Letter _ digits:$[0-9]+ _ { return Number(digits) }

Selection
  = "*" _ { return '*' }
  / head:Projection tail:("," _ @Projection)* { return [head, ...tail] }

Projection = value:(Aggregate / Expression) alias:(AS @Name _)? { return { value, alias: alias ?? undefined } }

Aggregate
  = name:$("COUNT"i / "AVG"i / "SUM"i / "MIN"i / "MAX"i) _ "(" _ of:Expression? ("*" _)? ")" _
    { return { type: 'aggregate', name: name.toUpperCase(), of: of ?? undefined, at: place(location()) } }

Collection "devices, devices.modules or devices.jobs"
  = name:$("devices.modules"i / "devices.jobs"i / "devices"i) ![A-Za-z0-9_.] _ { return name.toLowerCase() }

Where = WHERE @Expression
GroupBy = GROUP BY head:Path tail:("," _ @Path)* { return [head, ...tail] }

Expression = head:And tail:(OR @And)*
  { return tail.reduce((left, right) => ({ type: 'or', left, right }), head) }
And = head:Not tail:(AND @Not)*
  { return tail.reduce((left, right) => ({ type: 'and', left, right }), head) }
Not = NOT of:Not { return { type: 'not', of } }
  / Comparison

// What follows a sum is tried without reading the sum again: nested brackets stay linear.
Comparison = left:Sum rest:(Membership / Relation)? { return rest === null ? left : rest(left) }
Membership
  = negated:(IN { return false } / NIN { return true } / NOT IN { return true }) list:List
    { return (value) => ({ type: 'in', negated, value, list }) }
Relation
  = operator:Comparator right:Sum { return (left) => ({ type: 'compare', operator, left, right }) }

Comparator "comparison"
  = "<>" _ { return '!=' }
  / @("!=" / "<=" / ">=" / "=" / "<" / ">") _

Sum = head:Product tail:(@("+" / "-") _ @Product)*
  { return fold(head, tail, (left, operator, right) => ({ type: 'arithmetic', operator, left, right })) }
Product = head:Unary tail:(@("*" / "/" / "%") _ @Unary)*
  { return fold(head, tail, (left, operator, right) => ({ type: 'arithmetic', operator, left, right })) }
Unary = "-" _ of:Unary { return { type: 'negative', of } }
  / Primary

Primary
  = "(" _ @Expression ")" _
  / Call
  / Literal
  / Path

Call
  = !Reserved name:Function _ "(" _ args:Arguments? ")" _
    { return { type: 'call', name: name.toUpperCase(), arguments: args ?? [], at: place(location()) } }
Function "function" = $([A-Za-z] [A-Za-z0-9_]*)
Arguments = head:Expression tail:("," _ @Expression)* { return [head, ...tail] }

List
  = "[" _ items:Arguments? "]" _ { return items ?? [] }
  / "(" _ items:Arguments ")" _ { return items }

Literal = value:(Text / Number / Constant) { return { type: 'literal', value } }
Constant "true, false or null"
  = word:$("true"i / "false"i / "null"i) !Letter _ { return JSON.parse(word.toLowerCase()) }
Number "number"
  = text:$([0-9]+ ("." [0-9]+)? ("e"i [+-]? [0-9]+)?) !Letter _ { return Number(text) }
Text "string" = @Quoted _
Quoted
  = "'" characters:("''" { return "'" } / Escape / [^'\\])* "'" { return characters.join('') }
  / '"' characters:('""' { return '"' } / Escape / [^"\\])* '"' { return characters.join('') }
Escape
  = "\\u" code:$([0-9A-Fa-f] [0-9A-Fa-f] [0-9A-Fa-f] [0-9A-Fa-f]) { return String.fromCharCode(parseInt(code, 16)) }
  / "\\n" { return '\n' } / "\\r" { return '\r' } / "\\t" { return '\t' } / "\\b" { return '\b' } / "\\f" { return '\f' }
  / "\\" @.

Path "property"
  = !Reserved head:(Bracketed / Name) tail:Step* _ { return { type: 'path', path: [head, ...tail], at: place(location()) } }
Step
  = "." @(Bracketed / Name)
  / "[" _ @Quoted _ "]"
  / "[" _ index:$[0-9]+ _ "]" { return Number(index) }
Bracketed "[[name]]" = "[[" @$(!"]]" .)+ "]]"
Name "name" = $([\p{L}_$] [\p{L}\p{N}_$]*)

Reserved = ("SELECT"i / "FROM"i / "WHERE"i / "GROUP"i / "BY"i / "AS"i / "AND"i / "OR"i / "NOT"i / "IN"i / "NIN"i) !Letter
Letter = [\p{L}\p{N}_$]
SELECT "SELECT" = "SELECT"i !Letter _
FROM "FROM" = "FROM"i !Letter _
WHERE "WHERE" = "WHERE"i !Letter _
GROUP "GROUP BY" = "GROUP"i !Letter _
BY "BY" = "BY"i !Letter _
AS "AS" = "AS"i !Letter _
AND "AND" = "AND"i !Letter _
OR "OR" = "OR"i !Letter _
NOT "NOT" = "NOT"i !Letter _
IN "IN" = "IN"i !Letter _
NIN "NIN" = "NIN"i !Letter _
_ "blank" = [ \t\r\n]*
`
