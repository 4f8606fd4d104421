/**
 * The environment that a command means where no `-e` names one, and commands in hints that are right under it. A leaf.
 *
 * The choice belongs to the process: a hint is made deep inside, where nobody knows what the user's `coffer` would mean.
 */

/** The environment that a command means where nothing says otherwise. */
export const DEFAULT_ENVIRONMENT = "production";

let meant: string | undefined = DEFAULT_ENVIRONMENT;

/**
 * Notes which environment commands of this user mean without `-e`, in this folder.
 * @param name undefined where that is not known: hints then name every environment
 */
export function setMeantEnvironment(name: string | undefined): void {
	meant = name;
}

/** A command as somebody is to type it: with the environment, unless it is the one that is meant without. */
export function inEnvironment(command: string, environment: string): string {
	return environment === meant ? command : `${command} -e ${environment}`;
}
