/** Where a command line asks for help. */

/**
 * Whether oclif shows help or the version for this command line. It looks for both wherever they are, so an unknown
 * command with them is left to it.
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
