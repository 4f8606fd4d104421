/** Records which commands a test file has started as processes. */

/** Undefined outside of test files. A torture starts a process for every command. */
let started: Set<string> | undefined;

/** Called at the start of a test file. */
export function forgetStarted(): void {
	started = new Set();
}

/**
 * Records that a test file calls a command.
 * @returns whether the file has called the command before, with or without `--json`: the process is the same
 */
export function wasStarted(args: readonly string[]): boolean {
	if (started === undefined) return false;
	const end = args.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
	const words = args.slice(0, end === -1 ? 2 : Math.min(end, 2));
	const command = words.join(" ");
	const isFurther = started.has(command);
	started.add(command);
	return isFurther;
}
