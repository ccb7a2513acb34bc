/**
 * The grammar of the query language, for peggy: operators, constants and clauses of the page on the language.
 *
 * Keywords are read in any case, comments stand where blanks may. `options.wide` opens what no evidence shows the service
 * to read (setting `wideQueryLanguage`); `options.call` finds a function.
 */
export const GRAMMAR = String.raw`
{{
  const place = ({ start }) => ({ line: start.line, column: start.column })
  const fold = (head, tail, make) => tail.reduce((left, [operator, right]) => make(left, operator, right), head)
}}

Query
  = _ SELECT top:Top? select:Selection FROM from:Collection where:Where? groupBy:GroupBy? (Wide ";" _)?
    { return { top: top ?? undefined, select, from, where: where ?? undefined, groupBy: groupBy ?? [] } }

Target
  = _ FROM from:Collection where:Where? { return { from, where: where ?? undefined } }
  / _ "*" _ { return { from: 'devices', where: undefined } }
  / _ where:Expression { return { from: 'devices', where } }

Wide = &{ return options.wide }

Top "TOP n" = "TOP"i !NameCharacter _ digits:$[0-9]+ _ { return Number(digits) }

Selection
  = "*" _ { return '*' }
  / head:Projection tail:("," _ @Projection)* { return [head, ...tail] }

Projection
  = value:(Aggregate / Operand) alias:(AS @Name _)?
    { return { value, alias: alias ?? undefined, at: place(location()) } }

Aggregate
  = "COUNT"i _ "(" _ of:(Wide @("*" _ { return undefined } / Expression))? ")" _
    { return { type: 'aggregate', name: 'COUNT', of: of ?? undefined } }
  / name:$("AVG"i / "SUM"i / "MIN"i / "MAX"i) _ "(" _ of:Operand ")" _
    { return { type: 'aggregate', name: name.toUpperCase(), of } }

Operand = Wide @Expression / Path

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
  = negated:(IN { return false } / NIN { return true } / Wide NOT IN { return true }) values:List
    { return (value) => ({ type: 'in', negated, value, values }) }
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
  / value:Constant { return { type: 'literal', value } }
  / Path
  / value:Array { return { type: 'literal', value } }

Call
  = !Reserved name:Function _ "(" _ args:Arguments? ")" _
    { return { type: 'call', called: options.call(name, (args ?? []).length, place(location())), arguments: args ?? [] } }
Function "function" = $([A-Za-z] [A-Za-z0-9_]*)
Arguments = head:Expression tail:("," _ @Expression)* { return [head, ...tail] }

List
  = Array
  / Wide "[" _ "]" _ { return [] }
  / Wide "(" _ @Constants ")" _
Array "[constants]" = "[" _ @Constants "]" _
Constants = head:Item tail:("," _ @Item)* { return [head, ...tail] }
Item = "-" _ number:Number { return -number } / Constant / Array

Constant = Text / Number / Word
Word "true, false, null or undefined"
  = word:$("true"i / "false"i / "null"i / "undefined"i) !NameCharacter _
    { return word.length === 9 ? undefined : JSON.parse(word.toLowerCase()) }
Number "number"
  = text:$("0x"i [0-9A-Fa-f]+) !Letter _ { return Number(text) }
  / text:$(([0-9]+ ("." [0-9]+)? / "." [0-9]+) ("e"i [+-]? [0-9]+)?) !Letter _ { return Number(text) }
Text "string" = @Quoted _
Quoted
  = "'" characters:("''" { return "'" } / Escape / [^'\\])* "'" { return characters.join('') }
  / '"' characters:('""' { return '"' } / Escape / [^"\\])* '"' { return characters.join('') }
Escape
  = "\\u" code:$([0-9A-Fa-f] [0-9A-Fa-f] [0-9A-Fa-f] [0-9A-Fa-f]) { return String.fromCharCode(parseInt(code, 16)) }
  / "\\" @['"\\]
  / Wide @("\\n" { return '\n' } / "\\r" { return '\r' } / "\\t" { return '\t' } / "\\b" { return '\b' } / "\\f" { return '\f' } / "\\" @.)

Path "property"
  = !Reserved head:Name tail:Step* _ { return { type: 'path', path: [head, ...tail], at: place(location()) } }
Step
  = "." @(Bracketed / LaterName)
  / Wide "[" _ @Quoted _ "]"
  / Wide "[" _ index:$[0-9]+ _ "]" { return Number(index) }

Name "name" = Bracketed / !Group @$([\p{L}_$] NameCharacter*)
LaterName "name" = !Group @$NameCharacter+
Bracketed "[[name]]" = "[[" @$(!"]]" .)+ "]]"
NameCharacter = [\p{L}\p{N}_$-]
Letter = [\p{L}\p{N}_$]

Group = "GROUP"i !NameCharacter
Reserved
  = ("SELECT"i / "FROM"i / "WHERE"i / "GROUP"i / "BY"i / "AS"i / "AND"i / "OR"i / "NOT"i / "IN"i / "NIN"i) !NameCharacter
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
_ "blank" = ([ \t\r\n] / "/*" (!"*/" .)* "*/")*
`
