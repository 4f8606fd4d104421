/** Faults of sections, and of where the file ends. */
import type { Vector } from "../vector.ts";
import { badLine, badLines, LINE, smallVault, vectorOf } from "./case.ts";

const MALFORMED = "VAULT_MALFORMED";
const text = smallVault().text();
const total = text.split("\n").length - 1;

const environment = (name: string, comment: string, word: string) =>
	badLine(`environment-name-${name}`, MALFORMED, comment, LINE.production, () => `environment ${word}`);

const sections: Vector[] = [
	badLine("vault-line", MALFORMED, "'Vault' instead of 'vault'", LINE.vault, () => "Vault"),
	badLine("vault-line-blank-behind", MALFORMED, "A blank after 'vault'", LINE.vault, () => "vault "),
	badLines("vault-line-missing", MALFORMED, "No line 'vault'", (lines) => {
		lines.splice(LINE.vault - 1, 1);
		return LINE.vault;
	}),
	badLines("vault-no-links", MALFORMED, "The vault has no links", (lines) => {
		lines.splice(LINE.genesis - 1, 3);
		return LINE.genesis;
	}),
	badLine("vault-end", MALFORMED, "'end  vault', with two blanks", LINE.endVault, () => "end  vault"),
	badLines("vault-end-missing", MALFORMED, "No line 'end vault'", (lines) => {
		lines.splice(LINE.endVault - 1, 1);
		return LINE.endVault;
	}),
	environment("upper-case", "A name in upper case", "Production"),
	environment("underscore", "A name with an underscore", "pro_duction"),
	environment("hyphen-first", "A name that begins with a hyphen", "-production"),
	environment("empty", "No name", ""),
	environment("too-long", "A name of 64 letters", "p".repeat(64)),
	environment("blank-behind", "A blank after the name", "production "),
	badLines("environment-no-links", MALFORMED, "An environment without a link", (lines) => {
		lines.splice(LINE.first - 1, 3);
		return LINE.first;
	}),
	badLine(
		"environment-end",
		"VAULT_NAME_INVALID",
		"The end of another environment",
		LINE.endProduction,
		() => "end preview",
	),
	badLine(
		"environment-end-blank",
		"VAULT_NAME_INVALID",
		"A blank after the end",
		LINE.endProduction,
		(line) => `${line} `,
	),
	badLines("environment-end-missing", "VAULT_NAME_INVALID", "An environment without its end", (lines) => {
		lines.splice(LINE.endPreview - 1, 1);
		return LINE.endPreview;
	}),
	badLines("environments-unsorted", "VAULT_UNSORTED", "Production before preview", (lines) => {
		lines.push(...lines.splice(LINE.endVault, 8));
		return lines.indexOf("environment preview") + 1;
	}),
	badLines("environment-twice", "VAULT_UNSORTED", "An environment appears twice", (lines) => {
		lines.push(...lines.slice(LINE.endPreview));
		return lines.lastIndexOf("environment production") + 1;
	}),
];

const ending = (name: string, code: string, comment: string, content: string, line: number) =>
	vectorOf(`end-${name}`, code, comment, content, { line });
const cut = (name: string, line: number, comment: string) =>
	ending(name, "VAULT_TRUNCATED", comment, `${text.split("\n").slice(0, line).join("\n")}\n`, line + 1);

const ends: Vector[] = [
	ending("empty-file", "VAULT_TRUNCATED", "Nothing at all", "", 1),
	ending("one-line-feed", MALFORMED, "Nothing but a line feed", "\n", 1),
	cut("after-header", 1, "The first line alone"),
	cut("after-vault-line", LINE.vault, "Cut before the first link"),
	cut("in-vault-links", LINE.genesis, "Cut between two links of the vault"),
	cut("after-environment-line", LINE.preview, "Cut before an environment's first link"),
	cut("after-links", LINE.addCarol, "Cut after an environment's links"),
	cut("before-records", LINE.addCarol + 1, "Cut before the first record"),
	cut("in-record", LINE.gone, "Cut between a record's two lines"),
	cut("after-record-lines", LINE.gone + 1, "Cut before the blank line after a record"),
	cut("between-records", LINE.gone + 2, "Cut before a record"),
	cut("before-end", LINE.endProduction - 1, "Cut before the last line"),
	ending("no-line-feed", "VAULT_TRUNCATED", "The last line has no line feed", text.slice(0, -1), total),
	ending(
		"in-line",
		"VAULT_TRUNCATED",
		"Cut inside a record's second line",
		text
			.split("\n")
			.slice(0, LINE.gone + 1)
			.join("\n")
			.slice(0, -40),
		LINE.gone + 1,
	),
	ending(
		"in-name",
		"VAULT_TRUNCATED",
		"Cut inside a name",
		text.split("\n").slice(0, LINE.token).join("\n").slice(0, -2),
		LINE.token,
	),
	ending(
		"extra-blank-line",
		"VAULT_TRUNCATED",
		"A blank line after the end, where an environment should follow",
		`${text}\n`,
		total + 2,
	),
	ending("extra-blank-lines", MALFORMED, "Two blank lines after the end", `${text}\n\n`, total + 2),
	ending("extra-text", MALFORMED, "Text after the end", `${text}more\n`, total + 1),
	ending("twice", MALFORMED, "The file twice", text + text, total + 1),
];

/** Vectors of sections and ends. */
export const sectionVectors = (): Vector[] => [...sections, ...ends];
