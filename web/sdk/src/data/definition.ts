/** How a list is read. */
export interface Explanation {
  /** The index that is scanned; null reads the collection itself. */
  index: string | null;
  /** Whether it is read in the order of the sort. */
  ordered: boolean;
  /** Whether the index alone decides what fits. */
  exact: boolean;
  ranges: number;
  examined: number;
  returned: number;
  ms: number;
  /** The fields of an index that would help. */
  suggestion: string[] | null;
}
