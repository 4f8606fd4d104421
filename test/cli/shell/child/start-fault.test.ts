/** Commands that the system refuses to start, and what the user is told. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startChild } from "../../../../src/cli/shell/child/child.ts";

const folder = mkdtempSync(join(tmpdir(), "coffer-start-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function faultOf(command: string): Promise<Record<string, unknown>> {
	const { ended } = startChild({ command, args: [], environment: { PATH: folder }, outputs: {} });
	return await ended.then(
		(status) => ({ status }),
		({ code, hint, message }) => ({ code, hint, message }),
	);
}

function script(name: string, text: string): string {
	writeFileSync(join(folder, name), text, { mode: 0o755 });
	return join(folder, name);
}

test("a script with Windows line ends is there: the fault is its first line, and the hint mends it", async () => {
	const path = script("windows.sh", "#!/bin/sh\r\ntrue\r\n");
	const spaced = script(`a long name ${"x".repeat(100)}.sh`, "#!/bin/sh\r\ntrue\r\n");
	expect((await faultOf(spaced)).hint).toContain(`perl -pi -e 's/\\r$//' '${spaced}'\n`);
	expect((await faultOf(spaced)).hint).toContain(`'"${basename(spaced)}" text eol=lf'`);
	for (const command of ["windows.sh", path]) {
		const fault = await faultOf(command);
		expect(fault).toMatchObject({ code: "COMMAND_NOT_FOUND", message: expect.stringContaining("Windows") });
		expect(fault.message).toContain(`${path} is there`);
		expect(fault.hint).toContain(`perl -pi -e 's/\\r$//' ${path}\n`);
		expect(fault.hint).toContain("'windows.sh text eol=lf'");
	}
});

test("a first line that names no interpreter is not mistaken for the second line", async () => {
	script("empty.sh", "#!\r\necho hi\n");
	const fault = await faultOf("empty.sh");
	expect(fault).toMatchObject({ code: "COMMAND_NOT_FOUND", message: expect.stringContaining("Windows") });
});

test("an interpreter that is missing is named", async () => {
	const path = script("script", "#!/no/such/interpreter -x\n");
	const message = `${path} is there, but its interpreter /no/such/interpreter is not.`;
	expect(await faultOf("script")).toMatchObject({ code: "COMMAND_NOT_FOUND", message });
});

test.each(["npm start", "true;false", "echo $A", "cd", "source"])("%s is for a shell", async (command) => {
	expect(await faultOf(command)).toMatchObject({
		code: "COMMAND_NOT_FOUND",
		message: `There is no command ${command}.`,
		hint: expect.stringContaining("coffer run -- sh -c 'COMMAND'"),
	});
});

test("a variable before the command is named without its value", async () => {
	const fault = await faultOf("API_KEY=not-to-be-shown");
	expect(fault).toMatchObject({ code: "COMMAND_NOT_FOUND", hint: "coffer run -- env API_KEY=… COMMAND" });
	expect(JSON.stringify(fault)).not.toContain("not-to-be-shown");
});

test("a command that is not there is only that", async () => {
	expect(await faultOf("no-such-command")).toEqual({
		code: "COMMAND_NOT_FOUND",
		message: "There is no command no-such-command.",
		hint: "Check its name, and check that it is executable.",
	});
});
