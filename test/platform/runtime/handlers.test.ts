/** Every way in which a function defines its handler. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ask, type Harness, launch, openRuntime, sparesOf } from "./harness.ts";
import { stripTypeScript } from "./strip.ts";

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime();
});
afterAll(() => harness.close());

async function answerOf(code: string, path = "/") {
	const instance = await harness.runtime.start(launch(code, { WHO: "world" }));
	try {
		return await ask(instance.socketPath, path);
	} finally {
		await instance.stop();
	}
}

const SHAPES: Record<string, string> = {
	"Deno.serve(handler)": `Deno.serve(() => new Response("hello " + Deno.env.get("WHO")));`,
	"Deno.serve(options, handler)": `Deno.serve({ port: 80 }, () => new Response("hello " + Deno.env.get("WHO")));`,
	"Deno.serve({ handler })": `Deno.serve({ port: 80, handler: () => new Response("hello " + Deno.env.get("WHO")) });`,
	"Deno.serve late": `setTimeout(() => Deno.serve(() => new Response("hello " + Deno.env.get("WHO"))), 20);`,
	"export default function": `export default function () { return new Response("hello " + Deno.env.get("WHO")); }`,
	"export default async arrow": `export default async () => new Response("hello " + Deno.env.get("WHO"));`,
	"export default { fetch }": `export default { who: "world", fetch() { return new Response("hello " + this.who); } };`,
	"class instance with fetch": `class App { #who = Deno.env.get("WHO"); fetch() { return new Response("hello " + this.#who); } } export default new App();`,
	"Deno.serve beside a default export": `Deno.serve(() => new Response("hello world")); export default () => new Response("wrong");`,
	"Deno.listen and Deno.serveHttp": `
		for await (const connection of Deno.listen({ port: 8000 })) {
			(async () => {
				for await (const event of Deno.serveHttp(connection)) event.respondWith(new Response("hello " + Deno.env.get("WHO")));
			})();
		}`,
	"process.env": `export default () => new Response("hello " + process.env.WHO);`,
};

describe("a function may export its handler in each of these shapes", () => {
	test.each(Object.entries(SHAPES))("%s", async (_, code) => {
		const answer = await answerOf(code);
		expect(answer).toMatchObject({ status: 200, body: "hello world" });
	});

	test.each([
		"serve(handler)",
		"listenAndServe({ port: 8000 }, handler)",
		"new Server({ handler }).listenAndServe()",
	])("the standard library's %s serves requests", async (call) => {
		const shim = stripTypeScript(await readFile("src/platform/runtime/host/std-http.ts", "utf8"));
		const code = `${shim}\nconst handler = (request, info) => new Response(new URL(request.url).pathname + info.remoteAddr.hostname);\nawait ${call};`;
		expect(await answerOf(code, "/a/b")).toMatchObject({ status: 200, body: "/a/b203.0.113.9" });
	});
});

describe("code that predates Deno.serve", () => {
	test("answers several requests at the same time, although each handler leaves its loop", async () => {
		const code = `
			async function handle(connection) {
				for await (const event of Deno.serveHttp(connection)) {
					const path = new URL(event.request.url).pathname;
					if (path === "/silent") break;
					return event.respondWith(new Promise((resolve) => setTimeout(() => resolve(new Response(path)), 20)));
				}
				connection.close();
			}
			const listener = Deno.listen({ port: 8000 });
			for await (const connection of listener) handle(connection);`;
		const instance = await harness.runtime.start(launch(code));
		const paths = ["/a", "/b", "/c", "/d"];
		const answers = await Promise.all(paths.map((path) => ask(instance.socketPath, path)));
		expect(answers.map(({ body }) => body)).toEqual(paths);
		expect((await ask(instance.socketPath, "/silent")).status).toBe(500);
		expect((await ask(instance.socketPath, "/e")).body).toBe("/e");
		await instance.stop();
	});

	test("ends when it closes its listener", async () => {
		const code = `
			const listener = Deno.listen({ port: 8000 });
			for (;;) {
				const connection = await listener.accept();
				const http = Deno.serveHttp(connection);
				const event = await http.nextRequest();
				await event.respondWith(new Response("bye"));
				if (await http.nextRequest() === null) break;
			}
			listener.close();
			await listener.accept().catch((error) => console.log(error.name));`;
		const instance = await harness.runtime.start(launch(code, {}, { function: "closing" }));
		expect((await ask(instance.socketPath)).body).toBe("bye");
		expect((await instance.exited).code).toBe(0);
		expect((await harness.lines("closing")).map(({ message }) => message)).toEqual(["BadResource"]);
	});
});

describe("what a handler sees", () => {
	test("the URL has the scheme http, the host of the request, and the path as it was sent", async () => {
		const code = `export default (request) => Response.json([request.url, request.clone().url, new Request(request).url]);`;
		const url = "http://functions.example/a%2Fb//c?x=1&y=%20";
		expect(JSON.parse((await answerOf(code, "/a%2Fb//c?x=1&y=%20")).body)).toEqual([url, url, url]);
		const own = await openRuntime({ scheme: "https", spares: 1 });
		onTestFinished(() => own.close());
		for (const name of ["own", "spare"]) {
			if (name === "spare") await sparesOf(own, 1);
			const instance = await own.runtime.start(launch(code, {}, { function: name }));
			const secure = url.replace("http:", "https:");
			const { body } = await ask(instance.socketPath, "/a%2Fb//c?x=1&y=%20");
			expect(JSON.parse(body)).toEqual([secure, secure, secure]);
		}
	});

	test("the address of the client is the forwarded one", async () => {
		const code = `Deno.serve((_, info) => Response.json(info.remoteAddr));`;
		expect(JSON.parse((await answerOf(code)).body)).toMatchObject({
			transport: "tcp",
			hostname: "203.0.113.9",
		});
	});

	test("its listener reports the address that it asked for, and its server behaves like Deno's", async () => {
		const code = `
			const seen = [];
			const server = Deno.serve({ port: 4321, hostname: "127.0.0.1", onListen: (addr) => seen.push(addr) }, async () => {
				setTimeout(() => server.shutdown(), 0);
				return Response.json({ seen, addr: server.addr, methods: [typeof server.ref, typeof server.unref] });
			});
			server.ref();
			await server.finished;
			console.log("finished");`;
		const instance = await harness.runtime.start(launch(code, {}, { function: "server" }));
		const addr = { transport: "tcp", hostname: "127.0.0.1", port: 4321 };
		const answer = await ask(instance.socketPath);
		expect(JSON.parse(answer.body)).toEqual({ seen: [addr], addr, methods: ["function", "function"] });
		expect((await instance.exited).code).toBe(0);
		expect((await harness.lines("server")).map(({ message }) => message)).toEqual(["finished"]);
	});

	test("it has no arguments, no standard input, and only the variables that it was given", async () => {
		const code = `
			const rest = [];
			for await (const chunk of Deno.stdin.readable) rest.push(...chunk);
			export default () => Response.json({ args: Deno.args, rest, environment: Deno.env.toObject() });`;
		const { environment, ...more } = JSON.parse((await answerOf(code)).body);
		expect(more).toEqual({ args: [], rest: [] });
		expect(environment).toEqual({ NODE_ENV: "production", WHO: "world", TMPDIR: expect.any(String) });
	});

	test("every kind of value arrives complete", async () => {
		const values = {
			EMPTY: "",
			LINES: "a\nb\r\nc",
			QUOTES: `"'\`$\\`,
			UNICODE: "é 🔑 \u2028",
			__proto__x: "p",
			LONG: "x".repeat(65_536),
		};
		const code = `export default () => Response.json(Deno.env.toObject());`;
		const instance = await harness.runtime.start(launch(code, values));
		expect(JSON.parse((await ask(instance.socketPath)).body)).toMatchObject(values);
		await instance.stop();
	});
});
