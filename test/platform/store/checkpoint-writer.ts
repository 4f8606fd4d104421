/**
 * A process that writes checkpoints of a stream until it is killed: `checkpoint-writer URL SIZE`. For each checkpoint that
 * it begins to write, it prints a line.
 */
import { utf8 } from "../../../src/bytes.ts";
import { hash } from "../../../src/crypto.ts";
import { openStore } from "../../../src/platform/store/open.ts";
import { SealedStore } from "../../../src/platform/store/sealed/sealed-store.ts";

const [url = "", size = ""] = process.argv.slice(2);
const store = await SealedStore.open(await openStore(url), hash(utf8("test")));
const { revision } = await store.append("s", -1, "{}");
if (revision === 0) await store.append("s", 0, "{}");
for (let number = 0; ; number++) {
	process.stdout.write(`${number}\n`);
	await store.checkpoints.write([{ stream: "s", text: String(number % 10).repeat(Number(size)) }]);
}
