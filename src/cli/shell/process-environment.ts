/**
 * The only file of the command line that reads environment variables. The configuration is typed and frozen.
 * Credentials are not part of it, so that it is safe to print a configuration.
 */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { ProxySettings } from "../../http/proxy-settings.ts";

export interface Environment {
	/** COFFER_IDENTITY_FILE: a file that contains the identity's seed. */
	readonly identityFile: string | undefined;
	/** COFFER_ENVIRONMENT: the environment that a command uses if no flag names one. */
	readonly chosenEnvironment: string | undefined;
	/** COFFER_DENO: the Deno binary to use. */
	readonly denoPath: string | undefined;
	/** `$XDG_STATE_HOME/coffer`: the folder for state that belongs to no project. */
	readonly stateDirectory: string;
	/**
	 * COFFER_ALLOW_REVEAL: whether commands may give out values in the clear. Undefined if it is not set; then a
	 * person at a terminal may (`requireReveal`).
	 */
	readonly allowReveal: boolean | undefined;
	/** COFFER_DEBUG: whether to show the stack of an unexpected error. */
	readonly debug: boolean;
	/** BASE44_APP_ID: the app at Base44, if no flag names one. */
	readonly base44App: string | undefined;
	/** BASE44_API_URL: the address of Base44's API, if no flag names one. */
	readonly base44Url: string | undefined;
	/** Whether NO_COLOR is set, or TERM is `dumb`. */
	readonly noColour: boolean;
	/** Whether CI is set. Then there is no user, so commands ask no questions. */
	readonly ci: boolean;
}

/** The credentials of this process. Code reads them directly before use, and never stores them in the configuration. */
export interface Credentials {
	/** COFFER_IDENTITY: an identity's seed, for CI. */
	readonly identity: string | undefined;
	/** COFFER_TOKEN: an access token for a platform. */
	readonly token: string | undefined;
	/**
	 * COFFER_ORIGIN: the only address to which COFFER_TOKEN may be sent if this device has not linked that
	 * platform.
	 */
	readonly tokenOrigin: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The text of a variable. An empty variable counts as not set. */
function text(variables: Variables, name: string): string | undefined {
	return variables[name] === "" ? undefined : variables[name];
}

/** Whether a variable is set, and neither `0` nor `false`. */
function isOn(variables: Variables, name: string): boolean {
	const value = text(variables, name)?.toLowerCase();
	return value !== undefined && value !== "0" && value !== "false";
}

/** The XDG base directory for state. Its specification says to ignore a relative path. */
function stateHome(variables: Variables): string {
	const configured = text(variables, "XDG_STATE_HOME");
	if (configured !== undefined && isAbsolute(configured)) return configured;
	return join(text(variables, "HOME") ?? homedir(), ".local", "state");
}

const REVEAL = "COFFER_ALLOW_REVEAL";

/** The configuration from environment variables, frozen. */
export function readEnvironment(variables: Variables = process.env): Environment {
	return Object.freeze({
		identityFile: text(variables, "COFFER_IDENTITY_FILE"),
		chosenEnvironment: text(variables, "COFFER_ENVIRONMENT"),
		denoPath: text(variables, "COFFER_DENO"),
		stateDirectory: join(stateHome(variables), "coffer"),
		allowReveal: text(variables, REVEAL) === undefined ? undefined : isOn(variables, REVEAL),
		debug: isOn(variables, "COFFER_DEBUG"),
		base44App: text(variables, "BASE44_APP_ID"),
		base44Url: text(variables, "BASE44_API_URL"),
		noColour: text(variables, "NO_COLOR") !== undefined || variables.TERM === "dumb",
		ci: isOn(variables, "CI"),
	});
}

/** The credentials from environment variables. */
export function readCredentials(variables: Variables = process.env): Credentials {
	return Object.freeze({
		identity: text(variables, "COFFER_IDENTITY"),
		token: text(variables, "COFFER_TOKEN"),
		tokenOrigin: text(variables, "COFFER_ORIGIN"),
	});
}

/** A target's credential. @param variable the variable that provides it, such as `BASE44_API_KEY` */
export function readCredential(variable: string, variables: Variables = process.env): string | undefined {
	return text(variables, variable);
}

/** The proxy for requests by https: HTTPS_PROXY, or else ALL_PROXY, and NO_PROXY. As for curl, lower case comes first. */
export function readProxy(variables: Variables = process.env): ProxySettings | undefined {
	const names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
	const variable = names.find((name) => text(variables, name) !== undefined);
	if (variable === undefined) return undefined;
	const exceptions = text(variables, "no_proxy") ?? text(variables, "NO_PROXY") ?? "";
	return Object.freeze({ address: text(variables, variable) ?? "", variable, exceptions });
}

/** Tells a program that Coffer has started that COFFER_IDENTITY was set, so that an inner `coffer run` can say so. */
const IDENTITY_WITHHELD = "COFFER_IDENTITY_WITHHELD";

/**
 * All environment variables for a program that Coffer starts, without Coffer's own credentials. The permission to
 * reveal values is for one command and not for what that command starts; a refusal is passed on.
 */
export function inheritedEnvironment(variables: Variables = process.env): Record<string, string> {
	const withheld = ["COFFER_IDENTITY", "COFFER_TOKEN", "COFFER_PLATFORM_IDENTITY"];
	if (isOn(variables, REVEAL)) withheld.push(REVEAL);
	const inherited: Record<string, string> = {};
	for (const [name, value] of Object.entries(variables)) {
		if (value !== undefined && !withheld.includes(name)) inherited[name] = value;
	}
	if (text(variables, "COFFER_IDENTITY") !== undefined) inherited[IDENTITY_WITHHELD] = "1";
	return inherited;
}

/** The user's shell, and the folder of its settings. */
export function readShell(variables: Variables = process.env): {
	/** The name of the program in SHELL; undefined if it is not set. */
	readonly name: string | undefined;
	readonly home: string;
} {
	const name = text(variables, "SHELL")?.split("/").at(-1);
	return Object.freeze({ name, home: text(variables, "HOME") ?? homedir() });
}

/** The editor that the user has chosen, as a shell command: VISUAL or EDITOR. Undefined if neither is set. */
export function editorCommand(variables: Variables = process.env): string | undefined {
	return text(variables, "VISUAL") ?? text(variables, "EDITOR");
}

/** Folders that are in memory on most systems, best first. */
export function memoryFolders(variables: Variables = process.env): string[] {
	const ofSession = text(variables, "XDG_RUNTIME_DIR");
	return ["/dev/shm", ...(ofSession === undefined ? [] : [ofSession])];
}

/**
 * The program around this process that keeps an identity from it: another `coffer run`, or Turborepo, which passes on no
 * variable that its configuration does not name. Undefined if an identity has come through.
 */
export function withholder(variables: Variables = process.env): "coffer" | "turbo" | undefined {
	const isSet = (name: string) => text(variables, name) !== undefined;
	if (isSet("COFFER_IDENTITY") || isSet("COFFER_IDENTITY_FILE")) return undefined;
	if (isSet(IDENTITY_WITHHELD)) return "coffer";
	return isSet("TURBO_HASH") ? "turbo" : undefined;
}

/**
 * Whether this process runs in a task of Turborepo or Nx. They give a task a terminal of its own if they are in one, and
 * write what it prints there to files, which they may also send to a cache that others read.
 */
export function isTaskOfRunner(variables: Variables = process.env): boolean {
	return ["TURBO_HASH", "NX_TASK_HASH"].some((name) => text(variables, name) !== undefined);
}

/** The variables that locate the desktop's session bus, through which Coffer reaches the keychain. */
export function readBusEnvironment(variables: Variables = process.env): {
	readonly DBUS_SESSION_BUS_ADDRESS: string | undefined;
	readonly XDG_RUNTIME_DIR: string | undefined;
} {
	return Object.freeze({
		DBUS_SESSION_BUS_ADDRESS: text(variables, "DBUS_SESSION_BUS_ADDRESS"),
		XDG_RUNTIME_DIR: text(variables, "XDG_RUNTIME_DIR"),
	});
}

/** What the variables say about the desktop on which this process runs. */
export function readDesktop(variables: Variables = process.env): {
	/** Whether windows of programs that are started here appear before the user: not over SSH. */
	readonly hasDisplay: boolean;
	/** Whether this is a Linux inside Windows, where the desktop is that of Windows. */
	readonly isWsl: boolean;
} {
	const isSet = (name: string) => text(variables, name) !== undefined;
	const isWsl = isSet("WSL_DISTRO_NAME");
	const hasDisplay = isWsl || isSet("DISPLAY") || isSet("WAYLAND_DISPLAY");
	return Object.freeze({ hasDisplay: hasDisplay && !isSet("SSH_CONNECTION"), isWsl });
}
