/** Which commands a test file has started as processes of their own. */

/** Undefined outside of test files: a torture starts every command. */
let started: Set<string> | undefined;

/** A test file begins. */
export function forgetStarted(): void {
	started = new Set();
}

/**
 * Notes that a test file calls a command.
 * @returns whether the file has called the command before, with `--json` or without, as these arguments do
 */
export function wasStarted(args: readonly string[]): boolean {
	if (started === undefined) return false;
	const end = args.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
	const words = args.slice(0, end === -1 ? 2 : Math.min(end, 2));
	const command = `${words.join(" ")} ${args.includes("--json")}`;
	const isFurther = started.has(command);
	started.add(command);
	return isFurther;
}
