/** Code with which a function tries to start programs, run native code, or get more permissions. */

/** Runs source in a worker, and returns its first message. */
const WORKER = (source: string, options = `{ type: "module" }`) => `
	const url = URL.createObjectURL(new Blob([${JSON.stringify(source)}], { type: "text/javascript" }));
	const worker = new Worker(url, ${options});
	return new Promise((ok, no) => {
		worker.onmessage = ({ data }) => { worker.terminate(); data.error ? no(new Error(data.error)) : ok(data.result); };
		worker.onerror = (e) => { e.preventDefault(); no(new Error(e.message)); };
	});`;
const TRIED = (code: string) =>
	`try { postMessage({ result: String(await (async () => { ${code} })()) }); } catch (e) { postMessage({ error: e.name + ": " + e.message }); }`;
const BROKER = `Deno.env.set("DENO_PERMISSION_BROKER_PATH", "/nowhere"); try { return await new Deno.Command("/bin/true").output(); } finally { Deno.env.delete("DENO_PERMISSION_BROKER_PATH"); }`;

export const POWERS = [
	`return new Deno.Command("/bin/true").output()`,
	`return new Deno.Command(Deno.env.get("SHELL") ?? "/bin/sh", { args: ["-c", "id"] }).outputSync()`,
	`return (await import("node:child_process")).execFileSync("/bin/true")`,
	`return (await import("node:child_process")).spawnSync("/bin/sh", ["-c", "id"]).stdout ?? (() => { throw new Error("NotCapable"); })()`,
	`return new Promise((ok, no) => import("node:child_process").then((c) => c.exec("/bin/true", (error, out) => error ? no(error) : ok("ran" + out))))`,
	`const { execPath } = (await import("node:process")).default; return new Deno.Command(execPath, { args: ["--version"] }).output()`,
	`Deno.env.set("LD_PRELOAD", "/nowhere.so"); try { return await new Deno.Command("/bin/true").output(); } finally { Deno.env.delete("LD_PRELOAD"); }`,
	BROKER.replace("finally {", "finally { "),
	`return Deno.dlopen("libc.so.6", {}).close()`,
	`const inspector = await import("node:inspector"); inspector.open(0, "127.0.0.1"); const url = inspector.url(); inspector.close(); return url`,
	`return import("node:vm").then((vm) => vm.runInThisContext('Deno.readTextFileSync("/etc/passwd")'))`,
	`return (await import("node:vm")).runInNewContext("constructor.constructor('return Deno')().readTextFileSync('/etc/passwd')", { constructor: Object })`,
	`const { Worker } = await import("node:worker_threads"); return new Promise((ok, no) => { const w = new Worker("require('node:worker_threads').parentPort.postMessage(require('node:fs').readFileSync('/etc/passwd', 'utf8'))", { eval: true }); w.on("message", (m) => { w.terminate(); ok(m); }); w.on("error", no); })`,
	`return Deno[Deno.internal].core.ops.op_read_file_text_sync?.("/etc/passwd") ?? Deno.readTextFileSync("/etc/passwd")`,
	WORKER(TRIED(`return Deno.readTextFile("/etc/passwd")`)),
	WORKER(TRIED(`return new Deno.Command("/bin/true").output()`)),
	WORKER(
		TRIED(`return fetch("http://127.0.0.1:$PORT/").then((r) => r.text())`).replaceAll("$PORT", "PORT"),
	).replace("PORT", "$PORT"),
	`return Deno.openKv("/tmp/coffer-probe.kv").then((kv) => kv.close())`,
];

/**
 * The texts with which a function is refused what no permission gives: Deno hides APIs whose flag is absent, and
 * Coffer's `Deno.openKv` opens one store only.
 */
export const ABSENT_POWER =
	/is not a function|is not a constructor|unstable|worker-options|is not supported: a function has one store/i;

/** Descriptors of permissions that no function has. */
export const PERMISSIONS = [
	`name: "run"`,
	`name: "read"`,
	`name: "write"`,
	`name: "net", host: "127.0.0.1"`,
	`name: "ffi"`,
	`name: "sys"`,
];
