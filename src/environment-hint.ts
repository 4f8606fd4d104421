/**
 * Adds `-e NAME` to the commands in hints, unless that environment is the default. A leaf.
 *
 * The default is stored once for the process, because the code that makes a hint does not know it.
 */

/** The environment that commands use if nothing else is chosen. */
export const DEFAULT_ENVIRONMENT = "production";

let meant: string | undefined = DEFAULT_ENVIRONMENT;

/**
 * Sets which environment the user's commands use without `-e` in this folder.
 * @param name undefined if unknown: hints then name every environment
 */
export function setImplicitEnvironment(name: string | undefined): void {
	meant = name;
}

/** A command for a hint. It names the environment, unless the command uses that one by default. */
export function inEnvironment(command: string, environment: string): string {
	return environment === meant ? command : `${command} -e ${environment}`;
}
