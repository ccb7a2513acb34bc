/** What a command needs of the process it runs in. */
export type Terminal = Pick<NodeJS.Process, 'stdout' | 'stderr' | 'once' | 'env' | 'uptime'>
