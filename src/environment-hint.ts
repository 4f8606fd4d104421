/**
 * The environment that commands use without `-e`, and commands in hints that are right for it. A leaf.
 *
 * The choice belongs to the process: a hint is made deep inside the code, which does not know the user's
 * default.
 */

/** The environment that commands use if nothing else is chosen. */
export const DEFAULT_ENVIRONMENT = "production";

let meant: string | undefined = DEFAULT_ENVIRONMENT;

/**
 * Sets which environment the user's commands use without `-e` in this folder.
 * @param name undefined if unknown: hints then name every environment
 */
export function setMeantEnvironment(name: string | undefined): void {
	meant = name;
}

/** A command for a hint. It names the environment, unless the command uses that one by default. */
export function inEnvironment(command: string, environment: string): string {
	return environment === meant ? command : `${command} -e ${environment}`;
}
