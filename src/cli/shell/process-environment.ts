/**
 * The command line's one reader of the process's environment. What it finds is typed and frozen; credentials
 * are handed out apart from it, so that a configuration can be printed without a thought.
 */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

export interface Environment {
	/** COFFER_IDENTITY_FILE: a file that holds the identity's seed. */
	readonly identityFile: string | undefined;
	/** COFFER_ENVIRONMENT: the environment that a command means where no flag names one. */
	readonly chosenEnvironment: string | undefined;
	/** COFFER_DENO: the Deno binary to use. */
	readonly denoPath: string | undefined;
	/** Where Coffer keeps state outside of projects: `$XDG_STATE_HOME/coffer`. */
	readonly stateDirectory: string;
	/** COFFER_DEBUG: show the stack of an unexpected error. */
	readonly debug: boolean;
	/** BASE44_APP_ID: the app at Base44, for commands that are not told otherwise. */
	readonly base44App: string | undefined;
	/** BASE44_API_URL: where Base44's API is, for commands that are not told otherwise. */
	readonly base44Url: string | undefined;
	/** NO_COLOR is set, or the terminal is a dumb one. */
	readonly noColour: boolean;
	/** CI is set: nobody sits in front of it, so nothing is asked. */
	readonly ci: boolean;
}

/** Credentials of this process; each is read where it is used and never kept beside the configuration. */
export interface Credentials {
	/** COFFER_IDENTITY: an identity's seed, for CI. */
	readonly identity: string | undefined;
	/** COFFER_TOKEN: an access token for a platform. */
	readonly token: string | undefined;
	/** COFFER_ORIGIN: the one address to which COFFER_TOKEN may be sent, where this device has not linked it. */
	readonly tokenOrigin: string | undefined;
	/** BASE44_API_KEY: the API key of a workspace at Base44. */
	readonly base44Key: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** A variable's text; an empty one counts as not set. */
function text(variables: Variables, name: string): string | undefined {
	return variables[name] === "" ? undefined : variables[name];
}

/** Set and not one of the usual words for no. */
function isOn(variables: Variables, name: string): boolean {
	const value = text(variables, name)?.toLowerCase();
	return value !== undefined && value !== "0" && value !== "false";
}

/** The XDG base directory for state; as its specification says, a relative path is ignored. */
function stateHome(variables: Variables): string {
	const configured = text(variables, "XDG_STATE_HOME");
	if (configured !== undefined && isAbsolute(configured)) return configured;
	return join(text(variables, "HOME") ?? homedir(), ".local", "state");
}

/** The configuration that the environment holds, frozen. */
export function readEnvironment(variables: Variables = process.env): Environment {
	return Object.freeze({
		identityFile: text(variables, "COFFER_IDENTITY_FILE"),
		chosenEnvironment: text(variables, "COFFER_ENVIRONMENT"),
		denoPath: text(variables, "COFFER_DENO"),
		stateDirectory: join(stateHome(variables), "coffer"),
		debug: isOn(variables, "COFFER_DEBUG"),
		base44App: text(variables, "BASE44_APP_ID"),
		base44Url: text(variables, "BASE44_API_URL"),
		noColour: text(variables, "NO_COLOR") !== undefined || variables.TERM === "dumb",
		ci: isOn(variables, "CI"),
	});
}

/** The credentials that the environment holds. */
export function readCredentials(variables: Variables = process.env): Credentials {
	return Object.freeze({
		identity: text(variables, "COFFER_IDENTITY"),
		token: text(variables, "COFFER_TOKEN"),
		tokenOrigin: text(variables, "COFFER_ORIGIN"),
		base44Key: text(variables, "BASE44_API_KEY"),
	});
}

/**
 * The whole environment, for a command that the user asked to be run with it: without Coffer's own
 * credentials, which are for Coffer alone.
 */
export function inheritedEnvironment(variables: Variables = process.env): Record<string, string> {
	const own = ["COFFER_IDENTITY", "COFFER_TOKEN", "COFFER_PLATFORM_IDENTITY"];
	const inherited: Record<string, string> = {};
	for (const [name, value] of Object.entries(variables)) {
		if (value !== undefined && !own.includes(name)) inherited[name] = value;
	}
	return inherited;
}

/** The variables that say where the desktop's session bus, and so its keychain, is. */
export function readBusEnvironment(variables: Variables = process.env): {
	readonly DBUS_SESSION_BUS_ADDRESS: string | undefined;
	readonly XDG_RUNTIME_DIR: string | undefined;
} {
	return Object.freeze({
		DBUS_SESSION_BUS_ADDRESS: text(variables, "DBUS_SESSION_BUS_ADDRESS"),
		XDG_RUNTIME_DIR: text(variables, "XDG_RUNTIME_DIR"),
	});
}
