/** Texts that nodes show each other: keys that etcd removes unless their node renews them. */
import { utf8 } from "../../../../bytes.ts";
import type { EtcdClient } from "../api/client.ts";
import { isLeaseGone } from "../api/faults.ts";
import { GRANT, REVOKE } from "../api/messages.ts";
import type { KeyRange, Keys } from "../keys.ts";
import { exists, pages, put, remove, transact } from "../transactions.ts";
import { HeadWatch } from "./head-watch.ts";
import { PendingChanges } from "./pending-changes.ts";
import { ShownTexts } from "./shown-texts.ts";

/** An announcement of this process. */
interface Shown {
	readonly lease: bigint;
	readonly ttlMs: number;
	readonly text: string;
}

export class Announcements {
	readonly #client: EtcdClient;
	readonly #keys: Keys;
	readonly #shown = new Map<string, Shown>();

	constructor(client: EtcdClient, keys: Keys) {
		this.#client = client;
		this.#keys = keys;
	}

	/** See `SharedStore.announce`. etcd counts whole seconds, so a text may be shown up to a second longer. */
	async announce(name: string, text: string, ttlMs: number): Promise<void> {
		const shown = this.#shown.get(name);
		if (shown?.ttlMs === ttlMs) {
			// At the same time: the key goes with the lease, and then it is not replaced.
			const [isAlive, isShown] = await Promise.all([
				this.#client.keepAlive(shown.lease),
				this.#replace(name, shown, text),
			]);
			if (isAlive && isShown) return;
		}
		while (!(await this.#show(name, text, ttlMs)));
		if (shown !== undefined) await this.#client.call(REVOKE, { id: shown.lease }).catch(() => undefined);
	}

	/** See `SharedStore.replaceAnnouncement`. */
	async replace(name: string, text: string): Promise<boolean> {
		const shown = this.#shown.get(name);
		return shown !== undefined && (await this.#replace(name, shown, text));
	}

	/** @returns false if the lease ended before it had the key */
	async #show(name: string, text: string, ttlMs: number): Promise<boolean> {
		const { id: lease } = await this.#client.call(GRANT, { seconds: Math.max(1, Math.ceil(ttlMs / 1000)) });
		try {
			await transact(this.#client, { do: [put(this.#keys.announcement(name), utf8(text), lease)] });
		} catch (error) {
			if (isLeaseGone(error)) return false;
			throw error;
		}
		this.#shown.set(name, { lease, ttlMs, text });
		return true;
	}

	/** @returns false if the key has gone, with its lease */
	async #replace(name: string, shown: Shown, text: string): Promise<boolean> {
		if (text === shown.text) return true;
		const key = this.#keys.announcement(name);
		const { succeeded } = await transact(this.#client, {
			when: [exists(key)],
			do: [put(key, utf8(text), shown.lease)],
		}).catch((error: unknown) => {
			if (isLeaseGone(error)) return { succeeded: false };
			throw error;
		});
		if (succeeded) this.#shown.set(name, { ...shown, text });
		return succeeded;
	}

	/** See `SharedStore.withdraw`. */
	async withdraw(name: string): Promise<void> {
		this.#shown.delete(name);
		await transact(this.#client, { do: [remove({ key: this.#keys.announcement(name) })] });
	}

	/** See `SharedStore.announcements`. After the first read, the texts are those that the watch itself tells. */
	async *watch(signal: AbortSignal): AsyncGenerator<ReadonlyMap<string, string>, void, void> {
		const pending = new PendingChanges();
		const range = this.#keys.announcements;
		let shown = new ShownTexts();
		const nameOf = (key: Uint8Array) => this.#keys.announcementOf(key);
		const watch = new HeadWatch(this.#client, range, {
			onBegin: () => {
				// etcd's revisions may have gone back since, if a copy of it was restored.
				shown = new ShownTexts();
				pending.all();
			},
			onChange: (key, pair) => {
				shown.put(nameOf(key), pair);
				pending.changed(nameOf(key), pair);
			},
			onDelete: (key, revision) => {
				shown.remove(nameOf(key), revision);
				pending.changed(nameOf(key), undefined);
			},
			onFault: (error) => pending.failed(error),
		});
		const end = () => pending.end();
		signal.addEventListener("abort", end, { once: true });
		this.#client.closing.addEventListener("abort", end, { once: true });
		if (signal.aborted || this.#client.closing.aborted) return;
		watch.start(signal);
		for (;;) {
			const changed = await pending.take();
			if (changed === undefined) return;
			const read = shown;
			if (changed === "all") await this.#readAll(range, read);
			if (signal.aborted) return;
			if (read === shown) yield read.texts();
		}
	}

	/** Reads all texts as of one moment. What the watch has told of later ones stays. */
	async #readAll(range: KeyRange, shown: ShownTexts): Promise<void> {
		const names = new Set<string>();
		let readAt = 0;
		for await (const { kvs, revision } of pages(this.#client, range)) {
			readAt = revision;
			for (const pair of kvs) {
				names.add(this.#keys.announcementOf(pair.key));
				shown.put(this.#keys.announcementOf(pair.key), pair);
			}
		}
		shown.keepOnly(names, readAt);
	}
}
