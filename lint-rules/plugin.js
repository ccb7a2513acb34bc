/** The project's own rules that need no types, as a plugin of oxlint. `untrusted-keys.ts` needs types and stands alone. */

const noSystemDate = {
  meta: { docs: { description: 'disallow `new Date()`, which reads the system clock' } },
  create: (context) => ({
    NewExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0)
        context.report({ node, message: 'Take time from the Clock.' })
    },
  }),
}

export default { meta: { name: 'local' }, rules: { 'no-system-date': noSystemDate } }
