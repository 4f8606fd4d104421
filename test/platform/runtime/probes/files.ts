/**
 * Code with which a function tries to read, write or signal things of others. `hostile.ts` fills in the
 * placeholders.
 */

const BUNDLES = `Array.from(Deno.readDirSync("$DIRECTORY/bundles")).map(({ name }) => "$DIRECTORY/bundles/" + name)`;

export const READS = [
	`return Deno.readTextFile("/etc/passwd")`,
	`return Deno.readTextFileSync("/etc/passwd")`,
	`return (await Deno.open("/etc/passwd")).stat()`,
	`return (await fetch("file:///etc/passwd")).text()`,
	`return (await import("node:fs")).readFileSync("/etc/passwd", "utf8")`,
	`return (await import("node:fs/promises")).readFile("/etc/passwd", "utf8")`,
	`return (await import("node:fs")).openSync("/etc/passwd")`,
	`return (await (await import("node:fs")).openAsBlob("/etc/passwd")).text()`,
	`return new Promise((ok, no) => import("node:fs").then((fs) => fs.createReadStream("/etc/passwd").on("data", ok).on("error", no)))`,
	`return (await import("node:module")).createRequire("file:///")("$DIRECTORY/secret.json").canary`,
	`return (await import("node:module")).createRequire("file:///")("$DIRECTORY/secret.js").default`,
	`return Deno.readTextFile("/proc/self/environ")`,
	`return Deno.readTextFile("/proc/self/cmdline")`,
	`return Deno.readTextFile("/proc/thread-self/environ")`,
	`return (await Deno.open("/proc/self/mem")).stat()`,
	`return Deno.readTextFile("/proc/self/maps")`,
	`return Array.from(Deno.readDirSync("/proc/self/fd")).length`,
	`return Deno.readTextFile("/proc/$PID/environ")`,
	`return Deno.readTextFile("/proc/$PID/cmdline")`,
	`return (await Deno.open("/proc/$PID/mem")).stat()`,
	`return Deno.readTextFile("/proc/$PLATFORM/environ")`,
	`return Deno.readTextFile("/proc/$PLATFORM/cmdline")`,
	`return Deno.readLink("/proc/$PLATFORM/cwd")`,
	`return Deno.readTextFile("/proc/" + Deno.ppid + "/environ")`,
	`return Deno.stat("/dev/null").then(({ size }) => size)`,
	`return Deno.readTextFile("$DIRECTORY/secret.json")`,
	`return Array.from(Deno.readDirSync("$DIRECTORY")).length`,
	`return ${BUNDLES}.map((path) => Deno.readTextFileSync(path)).join().length`,
	`return Deno.realPath("$DIRECTORY/bundles")`,
	`return Deno.stat("$DIRECTORY/secret.json").then(({ size }) => size)`,
	`return Deno.lstat("$SOCKET").then(({ size }) => size)`,
	`return (await import("node:fs")).existsSync("$DIRECTORY/secret.json") || Deno.readTextFile("$DIRECTORY/secret.json")`,
	`return Deno.readTextFile(Deno.env.get("TMPDIR") + "/../../../../etc/passwd").catch((error) => { if (error.name === "NotFound") return Deno.readTextFile("/etc/passwd"); throw error; })`,
	`return Deno.watchFs("$DIRECTORY").close()`,
	`return new (await import("node:sqlite")).DatabaseSync("$DIRECTORY/probe.sqlite").close()`,
	`const { DatabaseSync } = await import("node:sqlite"); new DatabaseSync(":memory:").exec("ATTACH '$DIRECTORY/probe.sqlite' AS other; CREATE TABLE IF NOT EXISTS other.x (y)"); return "attached"`,
	`return JSON.stringify((await import("file://$DIRECTORY/secret.json", { with: { type: "json" } })).default)`,
	`return JSON.stringify((await import("file://$DIRECTORY/" + "secret.js")).default)`,
	`return (await import("data:application/javascript," + encodeURIComponent('export { default } from "file://$DIRECTORY/secret.json" with { type: "json" }'))).default.canary`,
	`return (await import(URL.createObjectURL(new Blob(['export { default } from "file://$DIRECTORY/secret.js"'], { type: "text/javascript" })))).default`,
	`return new Promise((ok, no) => { const w = new Worker("file://$DIRECTORY/secret.js", { type: "module" }); w.onerror = (e) => { e.preventDefault(); no(new Error(e.message)); }; w.onmessage = ({ data }) => { w.terminate(); ok(data); }; })`,
	`return (await import("node:process")).default.loadEnvFile?.("/etc/hosts") ?? "loaded"`,
];

export const WRITES = [
	`return Deno.writeTextFile("/tmp/coffer-probe", "x")`,
	`return Deno.makeTempFile({ dir: "/tmp" })`,
	`const own = Deno.env.get("TMPDIR"); Deno.env.set("TMPDIR", "/tmp"); try { return await Deno.makeTempFile(); } finally { Deno.env.set("TMPDIR", own); }`,
	`return Deno.symlink("/etc", Deno.env.get("TMPDIR") + "/link-" + crypto.randomUUID())`,
	`return (await import("node:fs")).symlinkSync("/etc/passwd", Deno.env.get("TMPDIR") + "/node-" + crypto.randomUUID())`,
	`return Deno.link("$DIRECTORY/secret.json", Deno.env.get("TMPDIR") + "/hard-" + crypto.randomUUID())`,
	`return Deno.copyFile("$DIRECTORY/secret.json", Deno.env.get("TMPDIR") + "/copy")`,
	`const { rename } = Deno; await Deno.writeTextFile(Deno.env.get("TMPDIR") + "/mine", "x"); return rename(Deno.env.get("TMPDIR") + "/mine", "$DIRECTORY/moved")`,
	`for (const path of ${BUNDLES}) Deno.utimeSync(path, 0, 0); return "touched"`,
	`return Deno.chmod("$DIRECTORY/secret.json", 0o644)`,
	`return Deno.mkdir("$DIRECTORY/made-" + crypto.randomUUID())`,
	`return Deno.chdir("/")`,
	`return (await import("node:v8")).writeHeapSnapshot("$DIRECTORY/probe.heapsnapshot")`,
];

/**
 * Deno checks permissions first, so the test needs a path that the function may not write: its bundle, whose
 * path it sees in stack traces.
 */
export const OWN = [
	`return Deno.writeTextFile(STACK, "export default 1")`,
	`return Deno.remove(STACK)`,
	`return Deno.truncate(STACK)`,
];

export const PROCESSES = [
	`return Deno.kill($PID, "SIGCONT")`,
	`return Deno.kill($PLATFORM, "SIGCONT")`,
	`return Deno.kill(Deno.ppid, "SIGCONT")`,
	`return (await import("node:process")).default.kill($PID, 0)`,
	`return (await import("node:process")).default.kill($PLATFORM, 0)`,
	`return (await import("node:os")).setPriority($PID, 1)`,
];
