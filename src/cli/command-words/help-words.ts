/** Detects a request for help in a command line. */

/**
 * Whether oclif shows help or the version for this command line. oclif finds these flags at any position, so it also
 * handles an unknown command with one of them.
 */
export function asksForHelp(argv: readonly string[]): boolean {
	const end = argv.indexOf("--");
	const words = end === -1 ? argv : argv.slice(0, end);
	return (
		words.length === 0 ||
		words[0] === "--version" ||
		words[0] === "-v" ||
		words.includes("--help") ||
		words.includes("-h")
	);
}

/** `help NAME…` as `NAME… --help`. */
export function withHelpFlag(argv: string[]): string[] {
	const [first, ...rest] = argv;
	return first === "help" ? [...rest, "--help"] : argv;
}
