/** Code with which a script tries to leave a function's network. The script has all of Deno's permissions. */
import { HTTP_PORT, UDP_PORT } from "./test-hosts.ts";

/** Wraps code so that it fails after a time. */
export const within = (ms: number, code: string) =>
	`return await Promise.race([(async () => { ${code} })(), new Promise((_, no) => setTimeout(() => no(new Error("no answer")), ${ms}))]);`;
export const bracketed = (host: string) => (host.includes(":") ? `[${host}]` : host);

/** Ways to connect to a host by TCP. Each returns "reached" if it succeeds. */
export const CONNECTION_ATTEMPTS: Record<string, (host: string) => string> = {
	fetch: (host) => `return (await fetch("http://${bracketed(host)}:${HTTP_PORT}/")).text()`,
	"Deno.connect": (host) =>
		`const c = await Deno.connect({ hostname: "${host}", port: ${HTTP_PORT} });
		await c.write(new TextEncoder().encode("GET / HTTP/1.0\\r\\n\\r\\n"));
		const text = await new Response(c.readable).text();
		if (!text.endsWith("reached")) throw new Error("closed: " + text);
		return "reached";`,
	"node:net": (host) =>
		`const net = await import("node:net"); return await new Promise((ok, no) => {
			let text = "";
			const socket = net.connect(${HTTP_PORT}, "${host}").setEncoding("utf8").on("error", no);
			socket.on("data", (part) => { text += part; }).on("close", () => text.endsWith("reached") ? ok("reached") : no(new Error("closed")));
			socket.write("GET / HTTP/1.0\\r\\n\\r\\n");
		});`,
};
/** Code that sends a datagram and returns the answer. */
export const datagram = (host: string, port = UDP_PORT) =>
	`const dgram = await import("node:dgram"); return await new Promise((ok, no) => {
		const socket = dgram.createSocket("udp${host.includes(":") ? 6 : 4}").on("error", no);
		socket.on("message", (message) => { socket.close(); ok(String(message)); });
		socket.send("x", ${port}, "${host}", (error) => error && no(error));
	});`;
/** Code that listens on every address of its network, for `toListener`. */
export const LISTENER = `globalThis.kept ??= Deno.listen({ hostname: "::", port: 7_001 }); (async () => { for await (const c of kept) c.write(new TextEncoder().encode("HTTP/1.0 200 OK\\r\\n\\r\\nreached")).then(() => c.close()); })(); return "listening";`;
export const toListener = (host: string) => `return (await fetch("http://${bracketed(host)}:7001/")).text()`;
/** Addresses at which a program reaches its own machine. */
export const OWN_MACHINE = [
	"127.0.0.1",
	"127.9.9.9",
	"0.0.0.0",
	"::1",
	"::",
	"::ffff:127.0.0.1",
	"10.77.0.1",
	"fd77::1",
];

/** Code that listens on an abstract Unix socket, and code that connects to it. */
export const abstractSocket = (name: string) => {
	const path = JSON.stringify(`\0${name}`);
	return {
		listen: `const net = await import("node:net"); return await new Promise((ok, no) => { globalThis.abstract = net.createServer((s) => s.end("reached")).on("error", no).listen(${path}, () => ok("listening")); });`,
		connect: `const net = await import("node:net"); return await new Promise((ok, no) => net.connect(${path}).on("error", no).on("data", (data) => ok(String(data))));`,
	};
};

/** Code that writes more to its temporary folder than a function may, and then removes these files. */
export const OVERFLOW = `const data = new Uint8Array(8 * 1024 * 1024).fill(7);
	const paths = Array.from({ length: 40 }, (_, n) => Deno.cwd() + "/x" + n);
	try {
		for (const path of paths) await Deno.writeFile(path, data);
		return "written";
	} finally {
		for (const path of paths) await Deno.remove(path).catch(() => {});
	}`;
