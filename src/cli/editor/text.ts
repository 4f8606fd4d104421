/** The text that `secrets edit` shows in the editor, and the changes that the user made to it. Pure. */
import { parseDotenv } from "../../dotenv/parse.ts";
import { writeAssignment } from "../../dotenv/write.ts";
import type { AppError } from "../../errors.ts";

export interface EditText {
	readonly text: string;
	/** The values in the text. */
	readonly shown: ReadonlyMap<string, string>;
	/** Names whose values no line can have. The user cannot change or delete them here. */
	readonly left: readonly string[];
}

/** @param values by name, sorted */
export function editText(values: ReadonlyMap<string, string>, environment: string): EditText {
	const shown = new Map<string, string>();
	const left: string[] = [];
	const lines: string[] = [];
	for (const [name, value] of values) {
		const line = writeAssignment(name, value, { readers: "dotenv" });
		if (line === undefined) {
			left.push(name);
			lines.push(
				`# ${name} is not shown, because no line can have its value. To set it: coffer secrets set ${name}`,
			);
		} else {
			shown.set(name, value);
			lines.push(line);
		}
	}
	const head = `# The secrets of ${environment}. Change values, add lines, or delete lines to delete secrets.\n`;
	const quotes = `# A value with spaces, quotes, # or several lines is between ' or ". Close the editor to save.\n\n`;
	return { text: `${head}${quotes}${lines.join("\n")}${lines.length > 0 ? "\n" : ""}`, shown, left };
}

/** The changes between two texts. Empty if there are none. */
export interface EditedValues {
	readonly set: ReadonlyMap<string, string>;
	/** Sorted. */
	readonly deleted: readonly string[];
}

/**
 * Reads the edited text.
 * @throws AppError (exit 2) as `parseDotenv`: no message contains a value; `NAME_INVALID` for a name that is not shown
 */
export function readEdited(text: string, before: EditText): EditedValues {
	const pairs = new Map(parseDotenv(text, "the edited text").pairs.map(({ name, value }) => [name, value]));
	const set = new Map([...pairs].filter(([name, value]) => before.shown.get(name) !== value));
	const deleted = [...before.shown.keys()].filter((name) => !pairs.has(name));
	return { set, deleted };
}

/** The mark of the lines with the error of an earlier attempt. */
const ERROR = "#! ";

/** The text without the error at its top. A value may have such a line too, but not before the first name. */
export function withoutError(text: string): string {
	const lines = text.split("\n");
	const first = lines.findIndex((line) => !line.startsWith(ERROR));
	return lines.slice(Math.max(0, first)).join("\n");
}

/** The text for another attempt, with the error in comments before it. Its lines are counted with the comments. */
export function withError(text: string, { hint, message }: AppError): string {
	const comments = `${message}\n${hint}`.split("\n").length;
	const moved = message.replace(/\bline (\d+)/g, (_, line: string) => `line ${Number(line) + comments}`);
	const said = `${moved}\n${hint}`.split("\n").map((line) => `${ERROR}${line}`);
	return [...said, text].join("\n");
}
