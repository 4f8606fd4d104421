/** systemd's `EnvironmentFile=`: one state for each character. */
import { Collector, LineCounter, type Reading } from "./reading.ts";

type State =
	| "before name"
	| "name"
	| "before value"
	| "value"
	| "escape"
	| "single"
	| "double"
	| "double escape"
	| "comment"
	| "comment escape";

const SPACE = " \t\n\r";
const NEWLINE = "\n\r";
/** What a backslash escapes between double quotes. */
const ESCAPED = '"\\`$';
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads a text as `EnvironmentFile=` does. Nothing is expanded. */
export function readAsSystemd(source: string): Reading {
	return new Machine(source).read();
}

class Machine {
	readonly #source: string;
	readonly #found = new Collector();
	readonly #lines: LineCounter;
	#state: State = "before name";
	#name = "";
	#value = "";
	#line = 1;
	/** The length of the value without the space at its end; undefined if it has none. */
	#withoutSpace: number | undefined;

	constructor(source: string) {
		this.#source = source;
		this.#lines = new LineCounter(source);
	}

	read(): Reading {
		for (let at = 0; at < this.#source.length; at++) this.#step(this.#source.charAt(at), at);
		if (!["before name", "name", "comment", "comment escape"].includes(this.#state)) this.#push();
		return this.#found.done();
	}

	#step(character: string, at: number): void {
		switch (this.#state) {
			case "before name":
				this.#beforeName(character, at);
				break;
			case "name":
				this.#inName(character);
				break;
			case "before value":
				this.#beforeValue(character);
				break;
			case "value":
				this.#inValue(character);
				break;
			case "comment":
				if (character === "\\") this.#state = "comment escape";
				else if (NEWLINE.includes(character)) this.#state = "before name";
				break;
			case "comment escape":
				this.#state = "comment";
				break;
			default:
				this.#inQuotes(character);
		}
	}

	#beforeName(character: string, at: number): void {
		if ("#;".includes(character)) this.#state = "comment";
		else if (!SPACE.includes(character)) {
			this.#line = this.#lines.at(at);
			this.#state = "name";
			this.#name = character;
		}
	}

	#inName(character: string): void {
		if (NEWLINE.includes(character)) this.#state = "before name";
		else if (character === "=") {
			this.#state = "before value";
			this.#value = "";
			this.#withoutSpace = undefined;
		} else this.#name += character;
	}

	#beforeValue(character: string): void {
		if (NEWLINE.includes(character)) this.#push();
		else if (character === "'") this.#state = "single";
		else if (character === '"') this.#state = "double";
		else if (character === "\\") this.#state = "escape";
		else if (!SPACE.includes(character)) {
			this.#state = "value";
			this.#value += character;
		}
	}

	#inValue(character: string): void {
		if (NEWLINE.includes(character)) {
			this.#push();
		} else if (character === "\\") {
			this.#state = "escape";
			this.#withoutSpace = undefined;
		} else {
			if (!SPACE.includes(character)) this.#withoutSpace = undefined;
			else this.#withoutSpace ??= this.#value.length;
			this.#value += character;
		}
	}

	#inQuotes(character: string): void {
		if (this.#state === "escape") {
			this.#state = "value";
			if (!NEWLINE.includes(character)) this.#value += character;
		} else if (this.#state === "double escape") {
			this.#state = "double";
			if (ESCAPED.includes(character)) this.#value += character;
			else if (character !== "\n") this.#value += `\\${character}`;
		} else if (character === (this.#state === "single" ? "'" : '"')) this.#state = "before value";
		else if (this.#state === "double" && character === "\\") this.#state = "double escape";
		else this.#value += character;
	}

	#push(): void {
		const value = this.#state === "value" ? this.#value.slice(0, this.#withoutSpace) : this.#value;
		const name = this.#name.replace(/[ \t]+$/, "");
		if (NAME.test(name)) this.#found.add(name, { value, line: this.#line });
		this.#state = "before name";
	}
}
