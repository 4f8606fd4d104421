/**
 * Reads the values for `secrets set` from NAME=VALUE pairs, a .env file, standard input or a hidden prompt.
 */
import { FILE_BYTES, readBounded } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { parseDotenv } from "../../dotenv/parse.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import type { Intent } from "../../project/secrets/preview-edit.ts";
import { checkSecretName, isSecretName } from "../../vault/syntax/secret-name.ts";
import { promptConfirm, promptValue } from "../shell/prompts.ts";
import { readStdinValue, readStdinWhole } from "../shell/stdin.ts";
import type { Terminal } from "../shell/terminal.ts";

const NAMES_HINT = "Use NAME=VALUE pairs, or --env-file FILE, or one NAME to be asked for its value.";

function usage(code: string, message: string, hint = NAMES_HINT): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/** The sources of values that the command line names. */
export interface ValueSources {
	/** `NAME=VALUE` or `NAME`, as the user typed it. */
	readonly pairs: readonly string[];
	readonly envFile: string | undefined;
	readonly stdin: boolean;
}

/**
 * Reads the intended changes for a plan. A name without a value stands for any new value.
 * @throws AppError exit 2, as `readValues`
 */
export async function readIntents(sources: ValueSources, terminal: Terminal): Promise<Map<string, Intent>> {
	const { pairs, envFile } = sources;
	const names = pairs.filter((pair) => !pair.includes("="));
	// An invalid name may be a value in the wrong place. `readValues` reports it without its text.
	if (envFile !== undefined || names.some((name) => !isSecretName(name))) {
		return valued(await readValues(sources, terminal));
	}
	const intents = valued(parsePairs(pairs.filter((pair) => pair.includes("="))));
	for (const name of names) {
		if (intents.has(name))
			throw usage("NAME_DUPLICATE", `${name} is given twice.`, "Give each name only once.");
		intents.set(name, "unknown");
	}
	return intents;
}

function valued(values: ReadonlyMap<string, string>): Map<string, Intent> {
	return new Map([...values].map(([name, value]) => [name, { value }]));
}

/** Splits pairs at their first `=`. No message repeats a pair, because any part of it may be a value. */
function parsePairs(pairs: readonly string[]): Map<string, string> {
	const secrets = new Map<string, string>();
	for (const [index, pair] of pairs.entries()) {
		const at = pair.indexOf("=");
		if (at < 0)
			throw usage(
				"PAIR_INVALID",
				`Argument ${index + 1} has no '='. A name without a value must be the only argument.`,
			);
		const name = pair.slice(0, at);
		if (!isSecretName(name)) {
			throw usage(
				"NAME_INVALID",
				`The text before '=' in argument ${index + 1} is not a valid name.`,
				"A name has 1 to 128 letters (A-Z, a-z), digits and underscores.",
			);
		}
		checkSecretName(name);
		if (secrets.has(name))
			throw usage("NAME_DUPLICATE", `${name} is given twice.`, "Give each name only once.");
		secrets.set(name, pair.slice(at + 1));
	}
	return secrets;
}

/** Parses a .env file. The parser's error has a list of faults as data, but `data` is for the command's own result. */
export function parseEnvText(text: string, path: string): ReturnType<typeof parseDotenv> {
	try {
		return parseDotenv(text, path);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const { code, message, hint, exit, line } = error;
		throw new AppError({ code, message, hint, exit, ...(line === undefined ? {} : { line }) });
	}
}

/** The bytes of a .env file. @throws AppError `ENV_FILE_NOT_FOUND` (exit 4), `ENV_FILE_UNREADABLE` (exit 1) */
async function envFileBytes(path: string): Promise<Uint8Array> {
	const reach = { links: true, pipes: true };
	return await readBounded(path, FILE_BYTES.env, reach).catch((cause: NodeJS.ErrnoException) => {
		if (cause instanceof AppError) throw cause;
		const absent = cause.code === "ENOENT";
		throw new AppError({
			code: absent ? "ENV_FILE_NOT_FOUND" : "ENV_FILE_UNREADABLE",
			message: absent
				? `The file ${path} does not exist.`
				: `Cannot read ${path}: ${cause.code ?? "unknown error"}.`,
			hint: "Check the path. Nothing was changed.",
			exit: absent ? EXIT.notFound : EXIT.failure,
			cause,
		});
	});
}

/**
 * Reads the lines of a .env file from standard input. @throws AppError `STDIN_EMPTY`, `STDIN_TOO_LARGE` (exit
 * 2)
 */
async function envLinesOfStdin(terminal: Terminal): Promise<Uint8Array> {
	if (process.stdin.isTTY) terminal.note("Type NAME=VALUE lines. Press Ctrl-D to finish.");
	return await readStdinWhole(FILE_BYTES.env, "Check the command or the file that the lines come from.");
}

/** A file's text, and its name for messages. */
export interface EnvText {
	readonly path: string;
	readonly text: string;
}

/**
 * Reads the text of a .env file.
 * @param file the path; `-` is standard input
 * @throws AppError `ENV_FILE_NOT_TEXT` (exit 2), and as `envFileBytes` and `envLinesOfStdin`
 */
export async function readEnvText(file: string, terminal: Terminal): Promise<EnvText> {
	const path = file === "-" ? "standard input" : file;
	const bytes = file === "-" ? await envLinesOfStdin(terminal) : await envFileBytes(file);
	const text = fromUtf8(bytes);
	if (text === undefined)
		throw usage("ENV_FILE_NOT_TEXT", `${path} is not UTF-8 text.`, "Save it as UTF-8. Nothing was changed.");
	return { path, text };
}

/** The largest text of which the readers of .env files are compared, in characters. It takes a fraction of a second. */
const COMPARED_MAX = 1024 * 1024;
const LINES_SHOWN = 10;

/** Warns about lines of which other readers have another value. @param known lines with a warning of their own */
async function warnAboutReaders(
	{ path, text }: EnvText,
	known: ReadonlySet<number>,
	terminal: Terminal,
): Promise<void> {
	if (text.length > COMPARED_MAX) return;
	const [{ ENV_READERS }, { compareReaders }] = await Promise.all([
		import("../../dotenv/dialects/all.ts"),
		import("../../dotenv/dialects/compare.ts"),
	]);
	const { differences } = compareReaders(text, ENV_READERS);
	const found = differences.filter(({ line }) => !known.has(line));
	if (found.length === 0) return;
	const shown = found.slice(0, LINES_SHOWN).map(({ line, name }) => `line ${line} (${name})`);
	const more = found.length > LINES_SHOWN ? ` and ${found.length - LINES_SHOWN} more` : "";
	terminal.warn(
		`${printable(path, 200)}: not all readers of .env files read ${shown.join(", ")}${more} alike. 'coffer secrets check FILE' shows what each has.`,
	);
}

/**
 * Reads the pairs of a .env file, and warns about suspicious lines.
 * @param file the path; `-` is standard input
 * @throws AppError, which never contains a value
 */
export async function readEnvFile(file: string, terminal: Terminal): Promise<Map<string, string>> {
	const source = await readEnvText(file, terminal);
	const { path, text } = source;
	const { pairs, warnings } = parseEnvText(text, path);
	for (const { code, line, message } of warnings) {
		// The edit itself warns about such a name, from every source.
		if (code === "ENV_FILE_NAME_LEADING_DIGIT") continue;
		terminal.warn(message.includes(`line ${line}`) ? message : `${path}, line ${line}: ${message}`);
	}
	await warnAboutReaders(source, new Set(warnings.map(({ line }) => line)), terminal);
	return new Map(pairs.map(({ name, value }) => [name, value]));
}

/** Asks for a value. The user must confirm an empty one. */
async function askForValue(name: string, terminal: Terminal): Promise<string> {
	const instead = `Pass the value on standard input: coffer secrets set ${name} --stdin < FILE`;
	const value = await promptValue(terminal, `Value of ${name}`, instead);
	const question = `Nothing was entered. Set ${name} to an empty value?`;
	if (value !== "" || (await promptConfirm(terminal, question, `coffer secrets set ${name}=`))) return value;
	throw usage(
		"VALUE_EMPTY",
		`Nothing was entered for ${name}. Nothing was changed.`,
		`Run the command again. To set an empty value: coffer secrets set ${name}=`,
	);
}

async function readOne(name: string, fromStdin: boolean, terminal: Terminal): Promise<string> {
	checkSecretName(name);
	if (!fromStdin) return askForValue(name, terminal);
	const { bytes, newlineDropped } = await readStdinValue(
		`Check the command or the file that the value comes from. To set an empty value: coffer secrets set ${name}=`,
	);
	const value = fromUtf8(bytes);
	if (value === undefined)
		throw usage(
			"VALUE_NOT_TEXT",
			`The value for ${name} on standard input is not UTF-8 text.`,
			"Encode binary data, for example in base64.",
		);
	if (newlineDropped) terminal.note(`Removed one newline from the end of the value of ${name}.`);
	return value;
}

/**
 * Reads the names and the values to set.
 * @throws AppError (exit 2) if the sources contradict one another, or contain something that is not a name
 *   and a value
 */
export async function readValues(sources: ValueSources, terminal: Terminal): Promise<Map<string, string>> {
	const { pairs, envFile, stdin } = sources;
	if (envFile !== undefined) {
		if (pairs.length > 0 || stdin)
			throw usage(
				"SOURCES_CONTRADICT",
				"--env-file cannot be used together with NAME=VALUE pairs or --stdin.",
			);
		return readEnvFile(envFile, terminal);
	}
	const [first] = pairs;
	if (first === undefined) throw usage("NOTHING_TO_SET", "The command line names no secret to set.");
	if (pairs.length === 1 && !first.includes("=")) {
		if (!isSecretName(first))
			throw usage(
				"NAME_INVALID",
				"The argument is not a valid name.",
				"A name has 1 to 128 letters (A-Z, a-z), digits and underscores.",
			);
		return new Map([[first, await readOne(first, stdin, terminal)]]);
	}
	if (stdin) throw usage("SOURCES_CONTRADICT", "--stdin needs exactly one NAME, without a value.");
	return parsePairs(pairs);
}
