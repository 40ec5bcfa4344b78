/** The ordered start of a process, and its end in reverse. */
export interface Lifecycle {
  /** Runs one step of the start, times it, and names it in the error if it fails (START_FAILED). */
  step<T>(name: string, work: () => Promise<T> | T): Promise<T>;
  /**
   * Says what is to be closed at the end. What was said last is closed first. What does not end within `limitMs`
   * (default 10,000) is logged and left behind, so that one hung part cannot keep the process.
   */
  onClose(name: string, work: () => Promise<void> | void, limitMs?: number): void;
}
