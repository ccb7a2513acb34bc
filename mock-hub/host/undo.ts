/** What ends the parts of a hub that have started, in the order in which they started; it runs from the last to the first. */
export type Undo = (() => unknown)[]
