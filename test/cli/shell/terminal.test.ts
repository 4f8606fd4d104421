import { describe, expect, test } from "vitest";
import { readEnvironment } from "../../../src/cli/shell/process-environment.ts";
import { styled } from "../../../src/cli/shell/render.ts";
import { Terminal, type TerminalOptions, wantsJson } from "../../../src/cli/shell/terminal.ts";

const ESC = "\u001b";

/** A terminal whose outputs record what is written. */
function recorded(
	options: Partial<Pick<TerminalOptions, "json">> & {
		tty?: boolean;
		columns?: number;
		variables?: Record<string, string>;
	} = {},
) {
	const written = { stdout: "", stderr: "" };
	const output = (name: "stdout" | "stderr") => ({
		isTTY: options.tty === true,
		...(options.columns !== undefined && { columns: options.columns }),
		write(text: string | Uint8Array, done?: () => void) {
			written[name] += typeof text === "string" ? text : Buffer.from(text).toString();
			done?.();
		},
	});
	const terminal = new Terminal({
		json: options.json ?? false,
		environment: readEnvironment(options.variables ?? {}),
		stdin: { isTTY: options.tty === true },
		stdout: output("stdout"),
		stderr: output("stderr"),
	});
	return { terminal, written };
}

describe("text for a user", () => {
	test("is written to stdout as a result, and to stderr as progress or a warning", () => {
		const { terminal, written } = recorded();
		terminal.line("result");
		terminal.note("progress");
		terminal.warn("careful");
		expect(written).toEqual({ stdout: "result\n", stderr: "progress\nWarning: careful\n" });
	});

	test("contains no foreign escape sequence, and no second line", () => {
		const { terminal, written } = recorded({ tty: true });
		terminal.line(`name ${ESC}[2J${ESC}]0;title\u0007\nError: forged\r\u202e`);
		expect(written.stdout).toBe("name \\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{a}Error: forged\\u{d}\\u{202e}\n");
	});

	test("of several lines is indented, so that no line imitates Coffer's own", () => {
		const { terminal, written } = recorded();
		terminal.block("one\r\nError: two\n");
		expect(written.stdout).toBe("  one\n  Error: two\n");
	});

	test("of a paragraph wraps in a terminal, with room for ^C, and is one line elsewhere", () => {
		const text = `12:00:00 ${styled("cyan", "hello")} restarted: secret OWN changed`;
		const narrow = recorded({ tty: true, columns: 40, variables: { NO_COLOR: "1" } });
		narrow.terminal.paragraph(text, "    ");
		expect(narrow.written.stdout).toBe("12:00:00 hello restarted: secret OWN\n    changed\n");
		const file = recorded({ columns: 40 });
		file.terminal.paragraph(text, "    ");
		expect(file.written.stdout).toBe("12:00:00 hello restarted: secret OWN changed\n");
	});

	test("is not printed with --json", () => {
		const { terminal, written } = recorded({ json: true });
		terminal.line("result");
		terminal.paragraph("result", "");
		terminal.table([["a", "b"]]);
		terminal.block("text");
		terminal.note("progress");
		terminal.warn("careful");
		expect(written).toEqual({ stdout: "", stderr: "" });
	});
});

describe("colour", () => {
	const green = styled("green", "ok");

	test("is used on a terminal", () => {
		const { terminal, written } = recorded({ tty: true });
		terminal.line(green);
		expect(written.stdout).toBe(`${ESC}[32mok${ESC}[0m\n`);
	});

	test.each([
		{ tty: false, variables: {} },
		{ tty: true, variables: { NO_COLOR: "1" } },
		{ tty: true, variables: { TERM: "dumb" } },
	])("is not used with %j", (options) => {
		const { terminal, written } = recorded(options);
		terminal.line(green);
		expect(written.stdout).toBe("ok\n");
	});
});

describe("JSON output", () => {
	test("is one line, with the warnings so far", () => {
		const { terminal, written } = recorded({ json: true });
		terminal.warn("careful");
		terminal.document({ a: 1 });
		expect(written.stdout).toBe('{"a":1,"warnings":["careful"]}\n');
	});

	test("is not printed without --json", () => {
		const { terminal, written } = recorded();
		terminal.document({ a: 1 });
		expect(written.stdout).toBe("");
	});

	test.each([
		[["list", "--json"], true],
		[["run", "--", "node", "--json"], false],
		[["run", "--json", "--", "node"], true],
		[[], false],
	])("is requested by %j: %s", (argv, asked) => {
		expect(wantsJson(argv)).toBe(asked);
	});
});

describe("whether questions can be asked", () => {
	test.each([
		{ tty: true, json: false, variables: {}, interactive: true },
		{ tty: false, json: false, variables: {}, interactive: false },
		{ tty: true, json: true, variables: {}, interactive: false },
		{ tty: true, json: false, variables: { CI: "true" }, interactive: false },
		{ tty: true, json: false, variables: { CI: "false" }, interactive: true },
	])("%j", ({ interactive, ...options }) => {
		expect(recorded(options).terminal.interactive).toBe(interactive);
	});
});

test("a requested value is printed byte for byte", () => {
	const { terminal, written } = recorded({ json: true });
	terminal.raw(`a${ESC}b\n`);
	expect(written.stdout).toBe(`a${ESC}b\n`);
});

describe("the progress line", () => {
	test("stays the last line of a terminal until other output", () => {
		const { terminal, written } = recorded({ tty: true });
		terminal.progress("waiting… 1 s");
		terminal.progress("waiting… 2 s");
		terminal.note("done");
		terminal.progress(undefined);
		const gone = `\r${" ".repeat(14)}\r`;
		expect(written.stderr).toBe(`waiting… 1 s${gone}waiting… 2 s${gone}done\n`);
		terminal.progress("again");
		terminal.line("result");
		expect(written.stderr.endsWith(`again\r${" ".repeat(7)}\r`)).toBe(true);
		expect(written.stdout).toBe("result\n");
	});

	test("is cut to one line, with cursor movements escaped", () => {
		const { terminal, written } = recorded({ tty: true });
		terminal.progress(`${ESC}[2J${"x".repeat(200)}`);
		expect(written.stderr).toBe(`\\u{1b}[2J${"x".repeat(200)}`.slice(0, 79));
	});

	test.each([
		["a pipe", { tty: false }],
		["JSON", { tty: true, json: true }],
		["CI", { tty: true, variables: { CI: "1" } }],
	])("is not shown on %s", (_, options) => {
		const { terminal, written } = recorded(options);
		terminal.progress("waiting");
		expect(written).toEqual({ stdout: "", stderr: "" });
	});
});
