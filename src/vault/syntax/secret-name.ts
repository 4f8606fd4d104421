/**
 * Which names a secret may have. Secrets become environment variables of a function and of local commands,
 * and some variables change what runs, or switch off what guards it: those are refused, each with its reason.
 */
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";

/** The longest name, in characters. */
export const SECRET_NAME_LENGTH_MAX = 128;

const SECRET_NAME = /^[A-Za-z0-9_]{1,128}$/;

/**
 * Reserved beginnings and names, in upper case, with what each would do. They are compared in any case:
 * proxies are read in lower case too, Windows has no case in variable names, and one vault serves all systems.
 */
const RESERVED_PREFIXES: ReadonlyMap<string, string> = new Map([
	["DENO_", "Deno itself obeys variables that begin with DENO_"],
	["LD_", "the system's loader puts foreign code into every process through variables that begin with LD_"],
	[
		"DYLD_",
		"the system's loader puts foreign code into every process through variables that begin with DYLD_",
	],
	["COFFER_", "Coffer itself obeys variables that begin with COFFER_"],
]);

const PROXY = "it would send the function's network traffic, with what it carries, through another host";
const TRUST = "it changes which certificates are trusted, so that encrypted connections can be read";

const RESERVED_NAMES: ReadonlyMap<string, string> = new Map([
	["DENO_PERMISSION_BROKER_PATH", "it switches the sandbox of the function off"],
	["NODE_OPTIONS", "it makes Node run code and flags that nobody asked for"],
	["NODE_EXTRA_CA_CERTS", TRUST],
	["SSL_CERT_FILE", TRUST],
	["SSL_CERT_DIR", TRUST],
	["HTTP_PROXY", PROXY],
	["HTTPS_PROXY", PROXY],
	["ALL_PROXY", PROXY],
	["NO_PROXY", "it would take hosts out of the proxy that the machine prescribes"],
	["PATH", "it decides which programs are started"],
	["HOME", "it decides where programs keep and look for their configuration"],
	["TMPDIR", "it decides where programs put their temporary files"],
]);

/** Whether the text has the form of a secret's name. A reserved name has it too. */
export function isSecretName(name: string): boolean {
	return SECRET_NAME.test(name);
}

/** Why a name is reserved, as a clause that follows "because", or undefined where it is not. */
function reservedReason(name: string): string | undefined {
	const upper = name.toUpperCase();
	const exact = RESERVED_NAMES.get(upper);
	if (exact !== undefined) return exact;
	for (const [prefix, reason] of RESERVED_PREFIXES) if (upper.startsWith(prefix)) return reason;
	return undefined;
}

function malformedReason(name: string): string {
	if (name === "") return "it is empty";
	if (/[^A-Za-z0-9_]/.test(name)) return "it holds something else than letters A-Z, digits and underscores";
	return `it is longer than ${SECRET_NAME_LENGTH_MAX} characters`;
}

/**
 * Checks a name that a secret is to be set under.
 * @returns a warning (one sentence) where the name is allowed but awkward
 * @throws AppError `NAME_INVALID` (exit 2) where it has not the form, `NAME_RESERVED` (exit 2) where it is
 *   reserved; the message shows the name (escaped) and says why.
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
