/** The total size of a function's stored data is limited, with every kind of network isolation. */
import { describe, expect, onTestFinished, test } from "vitest";
import { STORAGE_MAX, StorageWatch } from "../../../../src/platform/runtime/storage/storage-watch.ts";
import { ask, launch, openRuntime } from "../harness.ts";

const CODE = `
	const piece = new Uint8Array(32 * 1024 * 1024).fill(7);
	const puts = {
		cache: async (n) => (await caches.open("c")).put("https://x.example/" + n, new Response(piece)),
		file: (n) => Deno.writeFile(Deno.env.get("TMPDIR") + "/" + n, piece),
		nothing: () => {},
	};
	export default async (request) => {
		const { pathname, searchParams } = new URL(request.url);
		const count = Number(searchParams.get("count"));
		for (let n = 0; n < count; n++) await puts[pathname.slice(1)](n);
		return new Response(String((await (await caches.open("c")).match("https://x.example/0")) !== undefined));
	};`;

describe.each(["namespace", "none"] as const)("with the file system isolation %s", (wall) => {
	test("a cache above the limit ends the function, and its storage is empty at its next start", async () => {
		const harness = await openRuntime({ isolationKinds: [wall] });
		onTestFinished(() => harness.close());
		const start = () => harness.runtime.start(launch(CODE));
		const small = await start();
		expect((await ask(small.socketPath, "/cache?count=2")).body).toBe("true");
		await small.stop();
		const full = await start();
		expect((await ask(full.socketPath, "/nothing")).body).toBe("true");
		await Promise.allSettled([ask(full.socketPath, "/cache?count=12")]);
		expect((await full.exited).signal).toBe("SIGKILL");
		expect((await harness.lines("pay")).at(-1)?.message).toMatch(/^The function stored more than 256 MiB/);
		const empty = await start();
		expect((await ask(empty.socketPath, "/nothing")).body).toBe("false");
	});
});

test("a temporary folder that has no file system of its own counts too", async () => {
	const harness = await openRuntime({ isolationKinds: ["none"] });
	onTestFinished(() => harness.close());
	const full = await harness.runtime.start(launch(CODE));
	await Promise.allSettled([ask(full.socketPath, "/file?count=12")]);
	expect((await full.exited).signal).toBe("SIGKILL");
});

describe("a process that writes nothing", () => {
	const usage = { bytes: 0, files: 0 };

	test("is measured rarely", async () => {
		let [looked, written] = [0, 0];
		const watch = new StorageWatch({
			usage: async () => {
				looked++;
				return usage;
			},
			written: () => written,
		});
		const key = {};
		watch.add(key, { pid: 1, folders: [], onFull: () => {} });
		onTestFinished(() => watch.remove(key));
		for (let round = 0; round < 30; round++) await watch.check();
		expect(looked).toBe(1);
		await watch.check();
		expect(looked).toBe(2);
		written = 1;
		await watch.check();
		expect(looked).toBe(3);
	});

	test("is reported once, and is no longer watched", async () => {
		let reports = 0;
		const watch = new StorageWatch({
			usage: async () => ({ bytes: 0, files: STORAGE_MAX.files + 1 }),
			written: () => undefined,
		});
		watch.add({}, { pid: 1, folders: [], onFull: () => reports++ });
		await watch.check();
		await watch.check();
		expect(reports).toBe(1);
	});
});
