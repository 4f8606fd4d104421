/**
 * Fills Deno's own folder with what Deno compiles at the start of every function: its modules for Node, and the host's.
 * For that it runs the host in this process, as a function that imports such modules and answers a request. New functions
 * begin with a copy of the folder (`../files/compiled-modules.ts`).
 *
 * Argument: the path of the control socket. Its folder is empty, and is written to. The variable `DENO_DIR` names the folder
 * that is filled.
 */

/** Modules that packages often import. Of a bundle with CommonJS in it, Deno's bundler makes one that imports `node:module`. */
const MODULES = [
	"assert",
	"async_hooks",
	"buffer",
	"crypto",
	"events",
	"fs",
	"http",
	"https",
	"module",
	"net",
	"os",
	"path",
	"process",
	"punycode",
	"querystring",
	"stream",
	"string_decoder",
	"timers",
	"tls",
	"url",
	"util",
	"zlib",
];

// The host replaces these, and removes the variables.
const { connect, exit, listen } = Deno;
const [controlPath = ""] = Deno.args;
const denoDirectory = Deno.env.get("DENO_DIR") ?? "";
const folder = controlPath.slice(0, controlPath.lastIndexOf("/"));
const socketPath = `${folder}/s`;

const imports = MODULES.map((name) => `import "node:${name}";\n`).join("");
const code = `${imports}export default () => new Response("", { headers: new Headers() });\n`;
const bundle = `data:text/javascript,${encodeURIComponent(code)}`;

/** Sends a text to a socket, and waits for the first bytes that come back. */
async function ask(connection: Deno.Conn, text: string): Promise<void> {
	await connection.write(new TextEncoder().encode(text));
	await connection.read(new Uint8Array(1024));
}

/** Moves what was stored from SQLite's write-ahead logs to its databases, which copies are then made of. */
async function store(): Promise<void> {
	const { DatabaseSync } = await import("node:sqlite");
	for (const { name } of Deno.readDirSync(denoDirectory)) {
		if (!/^\w+_v\d+$/.test(name)) continue;
		const database = new DatabaseSync(`${denoDirectory}/${name}`);
		database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
		database.close();
	}
}

const listener = listen({ transport: "unix", path: controlPath });
void import("./main.ts");
const handover = { bundle, socketPath, environment: {}, begin: "BEGIN" };
await ask(await listener.accept(), `${JSON.stringify(handover)}\n`);
await ask(await connect({ transport: "unix", path: socketPath }), "GET / HTTP/1.1\r\nhost: function\r\n\r\n");
await store();
exit(0);
