/** Reads a file of dotenvx: decrypts its values with the key from the environment or from `.env.keys`. */
import { basename, dirname, join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { Collector, type ReadValue } from "../../dotenv/dialects/reading.ts";
import { dotenvxExpansion } from "../../dotenv/dialects/repeated-expansion.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";
import { decryptDotenvx, ENCRYPTED, isPrivateKey } from "./dotenvx-cipher.ts";
import { type Entry, type Fault, importError } from "./entries.ts";
import { readTextAs } from "./env-text.ts";
import { dialectNamed } from "./readers.ts";

/** `.env.production` has its key in `DOTENV_PRIVATE_KEY_PRODUCTION`. */
function keyNameOf(path: string): string {
	const suffix =
		basename(path)
			.replace(/^\.env\.?/, "")
			.split(".")[0] ?? "";
	return suffix === ""
		? "DOTENV_PRIVATE_KEY"
		: `DOTENV_PRIVATE_KEY_${suffix.replace(/\W/g, "_").toUpperCase()}`;
}

/** The private keys for a file. More than one after a rotation, which separates them with commas. */
function privateKeysFor(path: string): string[] {
	const name = keyNameOf(path);
	const keysFile = join(dirname(path), ".env.keys");
	const fromFile = () => {
		try {
			const text = readBoundedSync(keysFile, FILE_BYTES.settings, { links: true }).toString("utf8");
			return dialectNamed("dotenvx").read(text).values.get(name)?.value;
		} catch {
			// Without a readable file there is no key, which is an error of its own.
			return undefined;
		}
	};
	const keys = (inheritedEnvironment()[name] ?? fromFile() ?? "").split(",").map((key) => key.trim());
	const usable = keys.filter(isPrivateKey);
	if (usable.length > 0) return usable;
	throw new AppError({
		code: "DOTENVX_KEY_MISSING",
		message: `There is no private key for the encrypted values of ${printable(path, 200)}.`,
		hint: `Set ${name}, or put .env.keys beside the file. Nothing was changed.`,
		exit: EXIT.usage,
	});
}

/**
 * Reads a text as `dotenvx run` does.
 * @throws AppError `DOTENVX_KEY_MISSING`, `DOTENVX_KEY_WRONG` (exit 2), and as `readTextAs`
 */
export function readDotenvx(path: string, text: string): Entry[] {
	const dialect = dialectNamed("dotenvx");
	const { refusal, values } = dialect.read(text);
	const isEncrypted = [...values.values()].some(({ value }) => value.startsWith(ENCRYPTED));
	if (refusal !== undefined || !isEncrypted) return withoutPublicKeys(readTextAs(dialect, path, text));
	const keys = privateKeysFor(path);
	const found = new Collector();
	const faults: Fault[] = [];
	for (const [name, read] of values) {
		const value = decrypted(read, keys);
		const expanded = value === undefined ? undefined : expandedOf(value, read, found);
		if (value === undefined) faults.push({ line: read.line, message: "the key does not open the value" });
		else if (expanded === undefined)
			faults.push({ line: read.line, message: "dotenvx expands the decrypted value" });
		else found.add(name, { value: expanded, line: read.line });
	}
	const [first, ...others] = faults;
	if (first)
		throw importError(path, "DOTENVX_KEY_WRONG", [first, ...others], "Check the private key and the value.");
	return withoutPublicKeys(
		[...found.done().values].map(([name, { value, line }]) => ({ name, value, line })),
	);
}

function decrypted({ value }: ReadValue, keys: readonly string[]): string | undefined {
	if (!value.startsWith(ENCRYPTED)) return value;
	for (const key of keys) {
		const text = decryptDotenvx(value, key);
		if (text !== undefined) return text;
	}
	return undefined;
}

/** @returns undefined if the value would come from the environment or from a program */
function expandedOf(value: string, read: ReadValue, found: Collector): string | undefined {
	if (read.needs.length > 0 || read.runs) return undefined;
	if (!read.value.startsWith(ENCRYPTED) || read.isLiteral) return value;
	const result = dotenvxExpansion.expand(value, (name) => found.get(name));
	return result === undefined || result.runs || result.needs.length > 0 ? undefined : result.value;
}

/** The public key is for writing to the file. */
function withoutPublicKeys(entries: readonly Entry[]): Entry[] {
	return entries.filter(({ name }) => !/^DOTENV_PUBLIC_KEY(?:_|$)/.test(name));
}
