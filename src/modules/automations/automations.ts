/**
 * Parses the `automations` of a `function.jsonc`, which run a function on a schedule. The form is the one of Base44's
 * projects. Automations for events of entities and connectors are stored and listed, but never run. Pure.
 */
import { utf8 } from "../../bytes.ts";
import { printable } from "../../printable.ts";
import type { Jsonc } from "../jsonc.ts";
import { AUTOMATION_BYTES_MAX, AUTOMATION_NAME_LENGTH_MAX, AUTOMATIONS_MAX } from "../limits.ts";
import { type Rule, rulesFor } from "./automation-rules.ts";

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
	readonly [key: string]: Json;
}

interface AutomationBase {
	/** Unique in a function. */
	readonly name: string;
	readonly description?: string | null | undefined;
	/** The body of the request that the function receives. */
	readonly function_args?: JsonObject | null | undefined;
	/** True if missing. */
	readonly is_active?: boolean | undefined;
}

export interface OneTimeAutomation extends AutomationBase {
	readonly type: "scheduled";
	readonly schedule_mode: "one-time";
	readonly one_time_date: string;
}

interface Recurring extends AutomationBase {
	readonly type: "scheduled";
	readonly schedule_mode: "recurring";
	/** `never` if missing. With `never`, the other two keys are ignored. */
	readonly ends_type?: "never" | "on" | "after" | undefined;
	readonly ends_on_date?: string | null | undefined;
	readonly ends_after_count?: number | null | undefined;
}

export interface CronAutomation extends Recurring {
	readonly schedule_type: "cron";
	readonly cron_expression: string;
}

export interface SimpleAutomation extends Recurring {
	readonly schedule_type: "simple";
	readonly repeat_unit: "minutes" | "hours" | "days" | "weeks" | "months";
	readonly repeat_interval?: number | null | undefined;
	/** A time of day such as `09:00`, or an instant before which no run is due. */
	readonly start_time?: string | null | undefined;
	/** Only for weeks; 0 is Sunday. */
	readonly repeat_on_days?: readonly number[] | null | undefined;
	/** Only for months. */
	readonly repeat_on_day_of_month?: number | null | undefined;
}

export interface EventAutomation extends AutomationBase {
	readonly type: "entity" | "connector";
}

/** One automation with all keys that were sent, unknown ones included. */
export type Automation = OneTimeAutomation | CronAutomation | SimpleAutomation | EventAutomation;

/** Describes the fault of a value of `automations`; undefined if it is valid. */
export function automationsFault(value: Jsonc): string | undefined {
	if (!Array.isArray(value)) return '"automations" must be a list';
	if (value.length > AUTOMATIONS_MAX) return `"automations" has more than ${AUTOMATIONS_MAX} entries`;
	const names = new Set<string>();
	for (const [index, automation] of (value as readonly Jsonc[]).entries()) {
		if (!(automation instanceof Map)) return `automation ${index + 1} must be an object`;
		const name: Jsonc | undefined = automation.get("name");
		if (!isName(name)) return `automation ${index + 1}: "name" ${NAME_FORM}`;
		const fault = names.has(name) ? "another automation has the same name" : faultOf(automation);
		if (fault !== undefined) return `automation "${printable(name)}": ${fault}`;
		names.add(name);
	}
	return undefined;
}

const NAME_FORM = `must be a string of 1 to ${AUTOMATION_NAME_LENGTH_MAX} characters, without line breaks`;

/** Whether the value is a valid name. A name must fit on one line of a log. */
function isName(name: Jsonc | undefined): name is string {
	return (
		typeof name === "string" &&
		name.trim() !== "" &&
		name.length <= AUTOMATION_NAME_LENGTH_MAX &&
		!/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)
	);
}

function faultOf(automation: ReadonlyMap<string, Jsonc>): string | undefined {
	const kind = rulesFor(automation);
	if (typeof kind === "string") return kind;
	for (const rule of kind) {
		const fault = ruleFault(automation.get(rule.key), rule);
		if (fault !== undefined) return `"${rule.key}" ${fault}`;
	}
	if (!isStorable(automation)) return "a number in it is too large";
	const bytes = utf8(JSON.stringify(toJson(automation))).length;
	return bytes > AUTOMATION_BYTES_MAX ? `it is larger than ${AUTOMATION_BYTES_MAX / 1024} KiB` : undefined;
}

function ruleFault(value: Jsonc | undefined, { need, fault }: Rule): string | undefined {
	if (value === undefined) return need === "needed" ? "is missing" : undefined;
	return value === null && need === "nullable" ? undefined : fault(value);
}

/** Whether JSON can store all numbers in the value. A number such as 1e999 is parsed as infinity and stored as null. */
function isStorable(value: Jsonc): boolean {
	if (typeof value === "number") return Number.isFinite(value);
	if (value instanceof Map) return [...value.values()].every(isStorable);
	return Array.isArray(value) ? value.every(isStorable) : true;
}

/** The automations in a valid value, in order. */
export function automations(value: Jsonc | undefined): Automation[] {
	return Array.isArray(value) ? value.map((automation) => toJson(automation) as unknown as Automation) : [];
}

/** Converts a value to JSON. `fromEntries` defines the keys, so that `__proto__` remains an ordinary key. */
function toJson(value: Jsonc): Json {
	if (value instanceof Map) {
		const entries = [...(value as ReadonlyMap<string, Jsonc>)];
		return Object.fromEntries(entries.map(([key, inner]) => [key, toJson(inner)]));
	}
	return Array.isArray(value) ? value.map(toJson) : (value as string | number | boolean | null);
}

/** Converts JSON to the form that `parseJsonc` returns, so that the same rules apply to both. */
export function jsoncOf(value: JsonValue): Jsonc {
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return value.map(jsoncOf);
	return new Map(Object.entries(value).map(([key, item]) => [key, jsoncOf(item)]));
}

type JsonValue =
	| string
	| number
	| boolean
	| null
	| readonly JsonValue[]
	| { readonly [key: string]: JsonValue };
