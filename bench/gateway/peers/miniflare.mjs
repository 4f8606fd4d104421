/**
 * `miniflare.mjs FOLDER`: miniflare, installed in that folder, with a worker that responds; prints its port.
 */
import { createRequire } from "node:module";
import { join } from "node:path";

const { Miniflare } = createRequire(join(process.argv[2], "index.js"))("miniflare");
const script = `export default { fetch: () => new Response("hello") };`;
const miniflare = new Miniflare({
	modules: true,
	script,
	port: 0,
	host: "127.0.0.1",
	compatibilityDate: "2026-01-01",
});
// Otherwise miniflare's child process would keep running.
process.on("SIGTERM", async () => {
	await miniflare.dispose();
	process.exit(0);
});
console.log((await miniflare.ready).port);
