/**
 * Restores the line ends and blank lines of a vault that an editor or a formatter has changed. Every vault has exactly
 * one text, so they follow from the other lines, and no record is lost with them.
 */

const RECORD = /^v[0-9]+ (live|deleted) /;

/** Whether a blank line follows a line. @param next the next line that is not blank */
function endsBlock(line: string, next: string, isFirst: boolean): boolean {
	if (isFirst || /^end /.test(line) || RECORD.test(line)) return true;
	// In a section of an environment, the records follow the links after a blank line.
	return line.startsWith("link ") && !next.startsWith("link ") && next !== "end vault";
}

/** The text of the lines with the line ends and blank lines of a vault. It need not be one. */
export function laidOut(text: string): string {
	const lines = text
		.replace(/^\uFEFF/, "")
		.split("\n")
		.map((line) => line.trimEnd())
		.filter((line) => line !== "");
	const laid = lines.flatMap((line, index) =>
		index < lines.length - 1 && endsBlock(line, lines[index + 1] ?? "", index === 0) ? [line, ""] : [line],
	);
	return `${laid.join("\n")}\n`;
}
