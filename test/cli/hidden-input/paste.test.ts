/**
 * Pastes into a real terminal (tmux), with and without bracketed paste: the input is byte for byte the pasted
 * text.
 */
import { createHash, generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Tmux } from "../../support/tmux.ts";
import { cleanEnvironment, installProgram, type Program } from "../fixture/program.ts";

const { privateKey: PEM } = generateKeyPairSync("rsa", {
	modulusLength: 2048,
	privateKeyEncoding: { type: "pkcs8", format: "pem" },
	publicKeyEncoding: { type: "spki", format: "pem" },
});
const SERVICE_ACCOUNT = JSON.stringify(
	{ type: "service_account", private_key: PEM, note: "tab\there é" },
	null,
	2,
);
const LONG = Array.from(
	{ length: 1024 },
	(_, line) => `${String(line).padStart(4, "0")}${"x".repeat(59)}`,
).join("\n");

/** The pasted text, and the stored value. */
const TEXTS: readonly { what: string; pasted: string; stored: string }[] = [
	{ what: "a PEM without a line break at its end", pasted: PEM.trimEnd(), stored: PEM.trimEnd() },
	{ what: "a PEM with a line break at its end", pasted: PEM, stored: PEM.trimEnd() },
	{ what: "a PEM with two", pasted: `${PEM}\n`, stored: PEM },
	{ what: "a service account in JSON", pasted: SERVICE_ACCOUNT, stored: SERVICE_ACCOUNT },
	{
		what: "one line",
		pasted: "one line, with 'quotes' and $(signs)",
		stored: "one line, with 'quotes' and $(signs)",
	},
	{ what: "64 KiB", pasted: `${LONG}x`, stored: `${LONG}x` },
];

const CRLF = PEM.replaceAll("\n", "\r\n");
const digest = (text: string) => `sha256 ${createHash("sha256").update(text).digest("hex")}`;

let program: Program;
beforeAll(async () => {
	program = await installProgram();
});
afterAll(() => program[Symbol.dispose]());

function askingForValues(): Tmux {
	const command = [process.execPath, program.script, "topic", "stream", "--ask", "values"];
	return new Tmux({ command, env: cleanEnvironment() });
}

describe.each([
	{ bracketed: true, raw: false },
	{ bracketed: true, raw: true },
	{ bracketed: false, raw: false },
	{ bracketed: false, raw: true },
])("a paste with %o", (how) => {
	test("stores every text byte for byte, and shows none", async () => {
		await using terminal = askingForValues();
		for (const [index, { pasted, stored }] of TEXTS.entries()) {
			await terminal.until(`Value ${index + 1}: `);
			await terminal.paste(Buffer.from(pasted), how);
			// The count appears when all of the paste has arrived.
			const lines = pasted.split("\n").length;
			await terminal.until(lines > 1 ? `${lines} lines; press Enter to finish` : "•".repeat(16));
			await terminal.keys("Enter");
			await terminal.until(
				stored.includes("\n") ? `${stored.split("\n").length} lines received.` : "1 line received.",
			);
			await terminal.until(digest(stored));
		}
		await terminal.until(`Value ${TEXTS.length + 1}: `);
		await terminal.keys("Enter");
		await terminal.ended();
		expect(terminal.shown).not.toMatch(/PRIVATE KEY|service_account|xxxx|quotes/);
	});

	test("keeps Windows line endings, and asks if the terminal makes them ambiguous", async () => {
		await using terminal = askingForValues();
		await terminal.until("Value 1: ");
		await terminal.paste(Buffer.from(CRLF), how);
		const lines = CRLF.split("\r\n").length;
		await terminal.until(`${how.raw ? lines : lines * 2 - 1} lines; press Enter to finish`);
		await terminal.keys("Enter");
		if (!how.raw) {
			await terminal.until("an empty line after every line");
			await terminal.keys("Enter");
		}
		await terminal.until(digest(CRLF.slice(0, -2)));
		await terminal.keys("C-c");
		await terminal.ended();
	});
});
