/** The rules for each key of an automation, for each kind of automation. Pure. */

import type { Jsonc } from "../jsonc.ts";
import { REPEAT_INTERVAL_MAX } from "../limits.ts";
import { cronFault } from "./cron.ts";
import { parseInstant, parseTimeOfDay } from "./instants.ts";

export interface Rule {
	readonly key: string;
	/** `optional` may be missing; `nullable` may be missing or `null`. */
	readonly need: "needed" | "optional" | "nullable";
	/** Says what an invalid value must be, as a clause that follows the key; undefined if the value is valid. */
	readonly fault: (value: Jsonc) => string | undefined;
}

const COUNT_MAX = 1_000_000_000;

const text = (value: Jsonc) => (typeof value === "string" ? undefined : "must be a string");
const someText = (value: Jsonc) =>
	typeof value === "string" && value.trim() !== "" ? undefined : "must be a string and not empty";
const yesOrNo = (value: Jsonc) => (typeof value === "boolean" ? undefined : "must be true or false");
const object = (value: Jsonc) => (value instanceof Map ? undefined : "must be an object");
const date = (value: Jsonc) =>
	typeof value === "string" && parseInstant(value) !== undefined
		? undefined
		: 'must be a date that exists, such as "2027-03-01T09:00:00Z" (UTC if it has no offset)';
const time = (value: Jsonc) =>
	typeof value === "string" && (parseTimeOfDay(value) ?? parseInstant(value)) !== undefined
		? undefined
		: 'must be a time of day in UTC such as "09:00", or a date that exists, such as "2027-03-01T09:00:00Z"';
const cron = (value: Jsonc) => (typeof value === "string" ? cronFault(value) : "must be a string");

function oneOf(...words: readonly string[]) {
	const form = `must be ${words.map((word) => `"${word}"`).join(" or ")}`;
	return (value: Jsonc) => (typeof value === "string" && words.includes(value) ? undefined : form);
}

function whole(least: number, most: number) {
	const fits = (value: Jsonc) =>
		typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
	return (value: Jsonc) => (fits(value) ? undefined : `must be a whole number from ${least} to ${most}`);
}

function listOf(each: (value: Jsonc) => string | undefined, form: string, least = 0) {
	return (value: Jsonc) =>
		Array.isArray(value) && value.length >= least && value.every((item) => each(item) === undefined)
			? undefined
			: form;
}

const needed = (key: string, fault: Rule["fault"]): Rule => ({ key, need: "needed", fault });
const optional = (key: string, fault: Rule["fault"]): Rule => ({ key, need: "optional", fault });
const nullable = (key: string, fault: Rule["fault"]): Rule => ({ key, need: "nullable", fault });

const ALL = [
	nullable("description", text),
	nullable("function_args", object),
	optional("is_active", yesOrNo),
];

const ONE_TIME = [...ALL, needed("one_time_date", date)];

const RECURRING = [
	...ALL,
	optional("ends_type", oneOf("never", "on", "after")),
	nullable("ends_on_date", date),
	nullable("ends_after_count", whole(1, COUNT_MAX)),
];

/** The keys that a value of `ends_type` requires. */
const ENDS: Readonly<Record<string, Rule>> = {
	on: needed("ends_on_date", date),
	after: needed("ends_after_count", whole(1, COUNT_MAX)),
};

const CRON = [...RECURRING, needed("cron_expression", cron)];

const SIMPLE = [
	...RECURRING,
	needed("repeat_unit", oneOf("minutes", "hours", "days", "weeks", "months")),
	nullable("repeat_interval", whole(1, REPEAT_INTERVAL_MAX)),
	nullable("start_time", time),
	nullable("repeat_on_days", listOf(whole(0, 6), "must be a list of days, 0 (Sunday) to 6 (Saturday)")),
	nullable("repeat_on_day_of_month", whole(1, 31)),
];

const EVENTS = oneOf("create", "update", "delete");

const ENTITY = [
	...ALL,
	needed("entity_name", someText),
	needed("event_types", listOf(EVENTS, 'must be a list of "create", "update" or "delete" and not empty', 1)),
];

const CONNECTOR = [
	...ALL,
	needed("integration_type", someText),
	needed("events", listOf(text, "must be a list of strings")),
	nullable("resource_id", text),
	nullable("trigger_conditions", object),
];

/** The rules for an automation's kind; or, as a clause, what is wrong with the keys that determine the kind. */
export function rulesFor(automation: ReadonlyMap<string, Jsonc>): readonly Rule[] | string {
	const type = automation.get("type");
	if (type === "entity") return ENTITY;
	if (type === "connector") return CONNECTOR;
	if (type !== "scheduled") return '"type" must be "scheduled", "entity" or "connector"';
	const mode = automation.get("schedule_mode");
	if (mode === "one-time") return ONE_TIME;
	if (mode !== "recurring") return '"schedule_mode" must be "one-time" or "recurring"';
	const schedule = automation.get("schedule_type");
	if (schedule !== "cron" && schedule !== "simple") return '"schedule_type" must be "cron" or "simple"';
	const ends = ENDS[String(automation.get("ends_type"))];
	const rules = schedule === "cron" ? CRON : SIMPLE;
	return ends === undefined ? rules : [...rules, ends];
}
