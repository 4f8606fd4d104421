/** Texts from outside, shown so that they cannot be taken for something else. */
import { printable } from "../../printable.ts";

/** Characters of a name that are shown: the longest name of a function has 200. */
const NAME_MAX = 200;

/** A name as plain text: no character of it is invisible or changes the direction of the line. */
export const nameText = (text: string): string => printable(text, NAME_MAX);

/** A name of a function, a secret, a member … */
export function Name({ text }: { readonly text: string }) {
	return (
		<bdi class="name" translate={false}>
			{nameText(text)}
		</bdi>
	);
}

const LINE_MAX = 20_000;
const TAB = "    ";

/** Text of several lines as plain text: an error, or a line that a function wrote. */
export const blockText = (text: string): string =>
	text
		.slice(0, LINE_MAX)
		.split(/\r?\n/)
		.map((line) => printable(line.replaceAll("\t", TAB), LINE_MAX).replaceAll("\\\\", "\\"))
		.join("\n");

const COMMAND_MAX = 300;

/** A command that the reader can type. */
export function Command({ line }: { readonly line: string }) {
	return <code class="command">{printable(line, COMMAND_MAX)}</code>;
}
