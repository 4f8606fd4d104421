/** Deno's flags that no setting changes. */

/**
 * Flags that are the same for all functions. Modules come only from the bundle, and Deno never prompts. All variables
 * are readable, because the process environment contains only the function's own. No data of the system is readable:
 * the host returns constants instead (`host/node/system.ts`).
 */
export const FIXED_FLAGS = [
	"--quiet",
	"--no-prompt",
	"--no-remote",
	"--no-npm",
	"--cached-only",
	"--no-config",
	"--no-lock",
	"--allow-env",
];
