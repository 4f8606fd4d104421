/** The output of the demonstration. Colours are used on terminals only. */
const { stdout } = process;
const COLUMNS = 96;
const hasColours = stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";

const style = (code) => (text) => (hasColours ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = style(1);
export const dim = style(2);
const green = style(32);
const red = style(31);

let isLastEmpty = false;

export function say(text = "") {
	isLastEmpty = text === "";
	stdout.write(`${text}\n`);
}

/** A chapter's title, with empty lines around it. */
export function chapter(title) {
	if (!isLastEmpty) say();
	say(bold(title));
	say();
}

/** A command as it is typed. */
export function typed(text) {
	say(`  ${dim("$")} ${bold(text)}`);
}

/** Wraps a long line. Further lines begin below its first word. */
function wrapped(line, columns) {
	if (line.length <= columns) return [line];
	const [indent] = /^ */.exec(line);
	const end = line.lastIndexOf(" ", columns);
	if (end <= indent.length) return [line];
	return [line.slice(0, end), ...wrapped(`${indent}  ${line.slice(end + 1)}`, columns)];
}

/** The output of a command. */
export function printed(text) {
	for (const line of text.replace(/\n+$/, "").split("\n")) {
		for (const part of wrapped(line, COLUMNS)) say(part === "" ? "" : `    ${part}`);
	}
	say();
}

/** A check that has passed. */
export function held(text) {
	say(`  ${green("✓")} ${text}`);
}

export function failed(text) {
	say(`  ${red("✗")} ${text}`);
}

/** Rows as aligned columns under a dim heading. */
export function table(heading, rows) {
	const widths = heading.map((title, column) =>
		Math.max(...[title, ...rows.map((row) => row[column])].map(width)),
	);
	const line = (row) =>
		row
			.map((cell, column) => cell.padEnd(widths[column]))
			.join("  ")
			.trimEnd();
	say(`  ${dim(line(heading))}`);
	for (const row of rows) say(`  ${line(row)}`);
	say();
}

const width = (text) => text.length;

export const thousands = (number) => number.toLocaleString("en-US");
