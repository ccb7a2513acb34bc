/** The part of `process` that commands use. */
export type Terminal = Pick<NodeJS.Process, 'stdout' | 'stderr' | 'once' | 'env' | 'uptime' | 'ppid'>
