/**
 * `prepare`: npm runs it after an install in a checkout. Builds the dashboard, so that the hub of the checkout has its page.
 * Without the dev dependencies (`npm ci --omit=dev`) there is no builder, and `GET /` says how to get the page.
 */
import { join, resolve } from 'node:path'

const root = join(resolve(import.meta.dirname, '..'), 'dashboard')
const vite = await import('vite').catch(() => undefined)
if (vite !== undefined) await vite.build({ root, logLevel: 'warn' })
