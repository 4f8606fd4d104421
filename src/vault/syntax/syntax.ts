/**
 * Constants and checks of the vault's syntax that several files share. The specification is docs/format.md.
 */
import { AppError, EXIT } from "../../errors.ts";

export const MAGIC = "coffer-vault";
export const FORMAT_VERSION = 1;

export const LIMITS = {
	/** UTF-8 bytes of one value. */
	valueBytes: 64 * 1024,
	/** Live secrets and tombstones of one environment. */
	recordsPerEnvironment: 10_000,
	environments: 100,
	/** Links of one membership chain. */
	linksPerChain: 10_000,
	membersPerEnvironment: 256,
	owners: 256,
	/** The whole file. JavaScript can hold a string of this size, and has room to process it. */
	fileBytes: 256 * 1024 * 1024,
	/** Lines of the whole file. A file that uses all limits above has fewer (4,010,404). */
	fileLines: 5_000_000,
} as const;

/** Values are padded to a multiple of this many bytes, so that the length of a payload reveals little. */
export const PAD_BYTES = 64;

const ENVIRONMENT_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const MEMBER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/;

export function isEnvironmentName(name: string): boolean {
	return ENVIRONMENT_NAME.test(name);
}

export function isMemberName(name: string): boolean {
	return MEMBER_NAME.test(name);
}

/** Compares names in the order of the file: by UTF-16 code unit, which is by ASCII byte for these names. */
export function compareNames(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Checks that a text is not larger than a vault may be. Must run before the text is split, because an array of its
 * lines could need more memory than the process has.
 * @throws AppError `VAULT_TOO_LARGE` (exit 7)
 */
export function requireSize(text: string): void {
	if (text.length > LIMITS.fileBytes)
		throw malformed("VAULT_TOO_LARGE", `the file is larger than ${LIMITS.fileBytes} bytes.`, 1);
	// Each line takes a character at least.
	if (text.length < LIMITS.fileLines) return;
	let lines = 1;
	for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
		lines++;
		if (lines > LIMITS.fileLines)
			throw malformed("VAULT_TOO_LARGE", `the file has more than ${LIMITS.fileLines} lines.`, lines);
	}
}

/** The last commit can have the fault too, and a checkout drops what was set since. So it is the second way. */
const REPAIR =
	"Run 'coffer vault resolve': it repairs what an editor or a merge by hand did to the file. Otherwise restore it from git (git checkout HEAD -- coffer.vault), which drops changes that are not committed.";

/** The error for a fault in the vault's text: exit 7, with the 1-based line. */
export function malformed(code: string, message: string, line: number, hint?: string): AppError {
	return new AppError({
		code,
		message: `coffer.vault, line ${line}: ${message}`,
		hint: hint ?? REPAIR,
		exit: EXIT.integrity,
		line,
	});
}
