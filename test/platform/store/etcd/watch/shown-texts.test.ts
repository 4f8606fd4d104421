/** What is shown is what etcd had last, in whatever order events and reads of it come. */
import { expect, test } from "vitest";
import { utf8 } from "../../../../../src/bytes.ts";
import { ShownTexts } from "../../../../../src/platform/store/etcd/watch/shown-texts.ts";

const pair = (text: string, modRevision: number) => ({ value: utf8(text), modRevision });

test("an event that is older than a read changes nothing", () => {
	const shown = new ShownTexts();
	shown.put("a", pair("read", 12));
	shown.put("a", pair("before", 10));
	shown.remove("a", 11);
	expect(shown.texts()).toEqual(new Map([["a", "read"]]));
	shown.remove("a", 13);
	expect(shown.texts()).toEqual(new Map());
	shown.put("a", pair("late", 12));
	expect(shown.texts()).toEqual(new Map());
});

test("a read removes what went while nothing was told, and keeps what has come since", () => {
	const shown = new ShownTexts();
	shown.put("gone", pair("one", 5));
	shown.put("later", pair("two", 21));
	shown.put("stays", pair("three", 4));
	shown.keepOnly(new Set(["stays"]), 20);
	expect(shown.texts()).toEqual(
		new Map([
			["later", "two"],
			["stays", "three"],
		]),
	);
});
