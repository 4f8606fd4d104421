/**
 * Parses `.env` files. An accepted file has exactly the values that the `dotenv` package gives it. What that
 * package skips, changes or guesses (an unterminated quote, a stray line, a name that occurs twice, an unquoted
 * PEM block) is an error, and then nothing of the file is returned.
 */
import { AppError } from "../errors.ts";
import { checkSecretName, isSecretName } from "../vault/syntax/secret-name.ts";
import { LIMITS } from "../vault/syntax/syntax.ts";
import { type EnvFileFault, envFileError, FAULT_MESSAGES, type FaultCode } from "./faults.ts";
import { type Assignment, scanLine } from "./scan.ts";

export interface EnvPair {
	name: string;
	/** May be empty. */
	value: string;
	/** 1-based line of the name. */
	line: number;
}

export interface EnvWarning {
	/** 1-based. */
	line: number;
	code: "ENV_FILE_HASH_CUT" | "ENV_FILE_NOT_EXPANDED" | "ENV_FILE_NAME_LEADING_DIGIT";
	/** One sentence, without the file's name and line. */
	message: string;
}

export interface EnvFile {
	/** In the file's order. Each name occurs once. */
	pairs: EnvPair[];
	warnings: EnvWarning[];
}

/** After this many faults, the rest of the file is not read. */
const FAULTS_MAX = 1_000;

const FAULT_CODES = {
	unterminated: "ENV_FILE_UNTERMINATED_QUOTE",
	trailing: "ENV_FILE_TEXT_AFTER_QUOTE",
	name: "ENV_FILE_NAME_INVALID",
	line: "ENV_FILE_LINE_INVALID",
} as const;

/** Text that a shell, or a tool that expands variables, would replace. */
const EXPANSION = /\$[\w{(]/;
const PEM_HEADER = /^-----BEGIN [^-]*-----$/;
const PEM_FOOTER = /^\s*-----END /;

/**
 * Parses the text of a `.env` file, with or without a byte order mark, with LF, CRLF or CR. Expands nothing and
 * runs nothing.
 * @param source the decoded text
 * @param file the file's name, for messages
 * @throws AppError (exit 2) with the code and line of the first fault; `data.faults` lists the first thousand.
 *   No message contains a value or a part of one
 */
export function parseDotenv(source: string, file: string): EnvFile {
	return new Parser(source.replace(/\r\n?/g, "\n")).parse(file);
}

class Parser {
	readonly #source: string;
	readonly #faults: EnvFileFault[] = [];
	readonly #warnings: EnvWarning[] = [];
	readonly #pairs = new Map<string, EnvPair>();
	#offset = 0;
	#line = 1;
	/** There are too many names. The rest is not checked: each further name would have the same fault. */
	#isFull = false;

	constructor(source: string) {
		this.#source = source;
	}

	parse(file: string): EnvFile {
		const goesOn = () => this.#offset <= this.#source.length && this.#faults.length < FAULTS_MAX;
		while (goesOn() && !this.#isFull) this.#step();
		const [first, ...others] = this.#faults;
		if (first !== undefined) throw envFileError(file, [first, ...others]);
		return { pairs: [...this.#pairs.values()], warnings: this.#warnings };
	}

	#step(): void {
		const found = scanLine(this.#source, this.#offset);
		if (found.kind === "assignment") this.#accept(found);
		else if (found.kind !== "blank") this.#refuse(FAULT_CODES[found.kind]);
		// After an unterminated quote it is unknown which text is quoted, so further faults would mean nothing.
		if (found.kind === "unterminated") this.#offset = this.#source.length + 1;
		else if (this.#faults.at(-1)?.code === "ENV_FILE_UNQUOTED_PEM") this.#skipPem(found.end);
		else this.#moveTo(found.end);
	}

	/** Moves to the line after the one that ends at `end`. */
	#moveTo(end: number): void {
		for (let at = this.#offset; at <= end; at++) if (this.#source.charAt(at) === "\n") this.#line++;
		this.#offset = end + 1;
	}

	#accept(assignment: Assignment): void {
		const { name, value } = assignment;
		if (assignment.quote === "" && PEM_HEADER.test(value)) {
			this.#refuse("ENV_FILE_UNQUOTED_PEM");
		} else if (!isSecretName(name)) {
			this.#refuse("ENV_FILE_NAME_INVALID");
		} else if (value.includes("\0")) {
			this.#fault(
				"ENV_FILE_LINE_INVALID",
				"the value contains a NUL character, which an environment variable cannot contain",
			);
		} else {
			this.#add({ name, value, line: this.#line }, assignment);
		}
	}

	#add(pair: EnvPair, assignment: Assignment): void {
		const earlier = this.#pairs.get(pair.name);
		if (earlier !== undefined) {
			this.#fault("ENV_FILE_DUPLICATE_NAME", `the name ${pair.name} is already on line ${earlier.line}`);
			return;
		}
		if (this.#pairs.size >= LIMITS.recordsPerEnvironment) {
			const most = `the file has more than ${LIMITS.recordsPerEnvironment} names, and an environment can have no more`;
			this.#fault("ENV_FILE_TOO_MANY_NAMES", most);
			this.#isFull = true;
			return;
		}
		this.#pairs.set(pair.name, pair);
		this.#checkName(pair.name);
		if (assignment.cutAtHash) {
			this.#warn(
				"ENV_FILE_HASH_CUT",
				`The value of ${pair.name} ends before a #, which begins a comment. Quote the value if the # belongs to it.`,
			);
		}
		if (assignment.quote !== "'" && EXPANSION.test(pair.value)) {
			this.#warn(
				"ENV_FILE_NOT_EXPANDED",
				`The value of ${pair.name} contains a $. It is kept as written; nothing is expanded.`,
			);
		}
	}

	#checkName(name: string): void {
		try {
			const { warning } = checkSecretName(name);
			if (warning !== undefined) this.#warn("ENV_FILE_NAME_LEADING_DIGIT", warning);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			this.#fault("ENV_FILE_NAME_RESERVED", error.message.replace(/^The/, "the").replace(/\.$/, ""));
		}
	}

	/** Moves past the last line of an unquoted PEM block, or to the end of the file if the block has no end. */
	#skipPem(end: number): void {
		for (let from = end + 1; from < this.#source.length; ) {
			const next = this.#source.indexOf("\n", from);
			const lineEnd = next === -1 ? this.#source.length : next;
			if (PEM_FOOTER.test(this.#source.slice(from, lineEnd))) {
				this.#moveTo(lineEnd);
				return;
			}
			from = lineEnd + 1;
		}
		this.#offset = this.#source.length + 1;
	}

	#refuse(code: keyof typeof FAULT_MESSAGES): void {
		this.#fault(code, FAULT_MESSAGES[code]);
	}

	#fault(code: FaultCode, message: string): void {
		this.#faults.push({ line: this.#line, code, message });
	}

	#warn(code: EnvWarning["code"], message: string): void {
		this.#warnings.push({ line: this.#line, code, message });
	}
}
