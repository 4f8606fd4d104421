/**
 * Checks names of secrets. Secrets become environment variables of functions and of local commands. Some variables
 * change which code runs, or disable protections. Such names are reserved, and the error gives the reason.
 */
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";

/** The longest name, in characters. */
export const SECRET_NAME_LENGTH_MAX = 128;

const SECRET_NAME = /^[A-Za-z0-9_]{1,128}$/;

/**
 * Reserved prefixes and names, in upper case, each with the reason. The comparison ignores case: programs also read
 * proxy variables in lower case, Windows ignores case in names of variables, and a vault is used on all systems.
 */
const RESERVED_PREFIXES: ReadonlyMap<string, string> = new Map([
	["DENO_", "variables that begin with DENO_ configure Deno itself"],
	["LD_", "variables that begin with LD_ make the system's loader run other code in every process"],
	["DYLD_", "variables that begin with DYLD_ make the system's loader run other code in every process"],
	["COFFER_", "variables that begin with COFFER_ configure Coffer itself"],
]);

const PROXY = "it would send the function's network traffic through another host, which could read it";
const TRUST =
	"it changes which certificates are trusted, so that somebody else could read encrypted connections";

const RESERVED_NAMES: ReadonlyMap<string, string> = new Map([
	["DENO_PERMISSION_BROKER_PATH", "it switches the function's sandbox off"],
	["NODE_OPTIONS", "it adds flags to Node, which can load other code"],
	["NODE_EXTRA_CA_CERTS", TRUST],
	["SSL_CERT_FILE", TRUST],
	["SSL_CERT_DIR", TRUST],
	["HTTP_PROXY", PROXY],
	["HTTPS_PROXY", PROXY],
	["ALL_PROXY", PROXY],
	["NO_PROXY", "it would exempt hosts from the proxy that the machine requires"],
	["PATH", "it decides which programs are started"],
	["HOME", "it decides where programs store and find their configuration"],
	["TMPDIR", "it decides where programs create their temporary files"],
]);

/** Whether the text has the syntax of a secret's name. Reserved names have it too. */
export function isSecretName(name: string): boolean {
	return SECRET_NAME.test(name);
}

/** Why a name is reserved, as a clause that follows "because"; undefined if it is not reserved. */
function reservedReason(name: string): string | undefined {
	const upper = name.toUpperCase();
	const exact = RESERVED_NAMES.get(upper);
	if (exact !== undefined) return exact;
	for (const [prefix, reason] of RESERVED_PREFIXES) if (upper.startsWith(prefix)) return reason;
	return undefined;
}

function malformedReason(name: string): string {
	if (name === "") return "it is empty";
	if (/[^A-Za-z0-9_]/.test(name))
		return "it contains characters other than letters A-Z, digits and underscores";
	return `it is longer than ${SECRET_NAME_LENGTH_MAX} characters`;
}

/**
 * Checks the name of a secret before it is set.
 * @returns a warning (one sentence) if the name is allowed but inconvenient
 * @throws AppError `NAME_INVALID` (exit 2) for a name with wrong syntax, `NAME_RESERVED` (exit 2) for a reserved one;
 *   the message contains the name (escaped) and the reason
 */
export function checkSecretName(name: string): { warning?: string } {
	if (!isSecretName(name)) {
		throw new AppError({
			code: "NAME_INVALID",
			message: `The name "${printable(name)}" is not valid: ${malformedReason(name)}.`,
			hint: `Use 1 to ${SECRET_NAME_LENGTH_MAX} letters (A-Z, a-z), digits and underscores.`,
			exit: EXIT.usage,
		});
	}
	const reason = reservedReason(name);
	if (reason !== undefined) {
		throw new AppError({
			code: "NAME_RESERVED",
			message: `The name ${name} is reserved, because ${reason}.`,
			hint: `Choose another name, such as MY_${name.toUpperCase()}.`,
			exit: EXIT.usage,
		});
	}
	if (/^[0-9]/.test(name)) {
		return { warning: `The name ${name} begins with a digit: shells cannot export such a variable.` };
	}
	return {};
}
