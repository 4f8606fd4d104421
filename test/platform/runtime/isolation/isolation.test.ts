/** What a function may access despite the isolation, and what the operator can open. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, launch } from "../harness.ts";
import { CANARY, type Hostile, openHostile, REFUSAL } from "./hostile.ts";

let hostile: Hostile;
beforeAll(async () => {
	hostile = await openHostile();
});
afterAll(() => hostile.close());

describe("a function may use", () => {
	test("temporary files in a directory of its own", async () => {
		const code = `const path = await Deno.makeTempFile(); await Deno.writeTextFile(path, "kept"); return path + " " + (await Deno.readTextFile(path)) + " " + Deno.cwd()`;
		const [path, content, cwd] = ((await hostile.probe(code)).result ?? "").split(" ");
		expect(content).toBe("kept");
		expect(path?.startsWith(`${cwd}/`)).toBe(true);
	});

	test("a list of its environment, which contains only its own values", async () => {
		const { result } = await hostile.probe(`return JSON.stringify([Deno.env.toObject(), process.env])`);
		expect(result).not.toContain(CANARY);
		expect(JSON.parse(result ?? "")[0]).toEqual({
			NODE_ENV: "production",
			OWN: "own-value",
			TMPDIR: expect.any(String),
		});
	});

	test("a second server after the first was shut down", async () => {
		const code = `
			let isOver = false;
			const first = Deno.serve(() => { if (!isOver) setTimeout(again, 0); isOver = true; return new Response("first"); });
			async function again() { await first.shutdown(); Deno.serve({ onListen: () => console.log("again") }, () => new Response("second")); }`;
		const instance = await hostile.harness.runtime.start(launch(code, {}, { function: "anew" }));
		expect((await ask(instance.socketPath)).body).toBe("first");
		const again = async (): Promise<string> => {
			const answer = await ask(instance.socketPath).catch(() => undefined);
			return answer?.body === "second" ? "second" : await again();
		};
		expect(await Promise.race([again(), instance.exited])).toBe("second");
	});
});

describe("an exception of the operator", () => {
	test("opens the address and port that it names, and no other port", async () => {
		const other = createTcpServer((socket) => socket.end());
		other.listen(0, "127.0.0.1");
		await once(other, "listening");
		const otherPort = (other.address() as { port: number }).port;
		const open = await openHostile({ allowNet: [`127.0.0.1:${hostile.port}`] });
		for (const host of ["127.0.0.1", "localhost"]) {
			expect(
				await open.probe(
					`return fetch("http://${host}:${hostile.port}/").then((response) => response.text())`,
				),
			).toEqual({ result: "reached" });
			const beside = `return Deno.connect({ hostname: "${host}", port: ${otherPort} })`;
			expect((await open.probe(beside)).error).toContain("NotCapable");
		}
		const aside = `return Deno.connect({ hostname: "127.0.0.2", port: ${hostile.port} })`;
		expect((await open.probe(aside)).error).toContain("NotCapable");
		await open.close();
		other.close();
	});

	test("does not allow a redirect to another address", async () => {
		const redirecting = createServer((request, response) => {
			response
				.writeHead(request.url === "/kept" ? 307 : 302, { location: String(request.headers["x-to"]) })
				.end();
		});
		redirecting.listen(0, "127.0.0.1");
		await once(redirecting, "listening");
		const { port } = redirecting.address() as { port: number };
		const open = await openHostile({ allowNet: [`127.0.0.1:${port}`] });
		const places = [
			`http://127.0.0.1:${hostile.port}/`,
			`http://[::1]:${hostile.port}/`,
			`http://0:${hostile.port}/`,
		];
		for (const to of [...places, `http://localhost:${hostile.port}/`, `//127.0.0.1:${hostile.port}/`]) {
			for (const path of ["/", "/kept"]) {
				const code = `return fetch("http://127.0.0.1:${port}${path}", { headers: { "x-to": "${to}" } }).then((r) => r.text())`;
				expect((await open.probe(code)).error).toMatch(REFUSAL);
				expect(await open.control(code)).toEqual({ result: "reached" });
			}
		}
		const file = `return fetch("http://127.0.0.1:${port}/", { headers: { "x-to": "file:///etc/passwd" } }).then((r) => r.text())`;
		expect((await open.probe(file)).result).toBeUndefined();
		await open.close();
		redirecting.close();
	});
});

test("the values of a function are not on the command line, in the environment of its process or in a file", async () => {
	for (const file of ["environ", "cmdline"]) {
		expect(await readFile(`/proc/${hostile.neighbour.pid}/${file}`, "latin1")).not.toContain(CANARY);
	}
	expect(await readFile(`/proc/${hostile.neighbour.pid}/environ`, "latin1")).toContain("DENO_DIR=");
	expect((await ask(hostile.neighbour.socketPath)).body).toBe(CANARY);
});
