/** The address with a code is told to one program of the same user, and to no other. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { handOver, userOf } from "../../../src/cli/browser/hand-over.ts";
import { canOpenBrowser } from "../../../src/cli/browser/open-browser.ts";

const URL_WITH_CODE = "http://127.0.0.1:8081/console/#code=one";
const NOBODY = 65_534;
const run = promisify(execFile);

/** The status that a program of another user gets, or of this one. */
async function statusFor(own: string, uid: number | undefined): Promise<number> {
	const code = "fetch(process.argv[1], { redirect: 'manual' }).then(({ status }) => console.log(status))";
	const { stdout } = await run(process.execPath, ["-e", code, own], uid === undefined ? {} : { uid });
	return Number(stdout);
}

test("tells the address once, to a program of this user that knows the path", async () => {
	const answers: number[] = [];
	const told = await handOver(URL_WITH_CODE, async (own) => {
		answers.push((await fetch(`${own}x`)).status, (await fetch(own, { method: "POST" })).status);
		const answer = await fetch(own, { redirect: "manual" });
		expect(answer.headers.get("location")).toBe(URL_WITH_CODE);
		answers.push(answer.status);
	});
	expect([told, answers]).toEqual([true, [404, 404, 303]]);
});

test("tells it to no program of another user", async () => {
	// Only root can start a program of another user.
	const others = process.getuid?.() === 0 ? [NOBODY, 1] : [];
	const answers: number[] = [];
	const told = await handOver(URL_WITH_CODE, async (own) => {
		for (const user of [...others, undefined]) answers.push(await statusFor(own, user));
	});
	expect([told, answers]).toEqual([true, [...others.map(() => 404), 303]]);
});

test("ends if no browser asks, and with the error of a program that does not start", async () => {
	expect(await handOver(URL_WITH_CODE, async () => {}, 10)).toBe(false);
	const failing = async () => {
		throw new Error("no such program");
	};
	await expect(handOver(URL_WITH_CODE, failing)).rejects.toThrow("no such program");
});

test("finds the user of a connection in the kernel's table, and nobody for others", () => {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     7        0 1
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 2
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     8        0 3
`;
	expect(userOf(table, 50_000, 8080)).toBe(1000);
	expect(userOf(table, 8080, 50_000)).toBe(8);
	expect(userOf(table, 50_001, 8080)).toBeUndefined();
	expect(userOf("", 50_000, 8080)).toBeUndefined();
});

test("a browser is started where its window appears", () => {
	expect(canOpenBrowser({ hasDisplay: false, system: "linux" })).toBe(false);
	expect(canOpenBrowser({ hasDisplay: true, system: "linux" })).toBe(true);
	expect(canOpenBrowser({ hasDisplay: false, system: "darwin" })).toBe(true);
});
