import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import type { Change } from "../../../src/protocol/change.ts";
import { Remote } from "../../../src/sync/client/platform-client.ts";

const HASH = "A".repeat(43);
const CHANGE: Change = {
	operation: HASH,
	base: { revision: 0, head: HASH },
	header: null,
	records: [],
	author: HASH,
	signature: HASH,
};

test("a platform that accepts a change and then stays silent is given up, whatever time a redeploy may take", async () => {
	const server = createServer((socket) => socket.on("error", () => {}).resume());
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const remote = new Remote({ url: `http://127.0.0.1:${port}`, token: undefined, answerMs: 50 });
	await expect(remote.appendChange("shop", CHANGE).next()).rejects.toMatchObject({
		code: "PLATFORM_TIMEOUT",
		exit: 6,
	});
	await expect(remote.readChanges("shop", 0)).rejects.toMatchObject({ code: "PLATFORM_TIMEOUT" });
	server.close();
});
