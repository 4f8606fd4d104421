/** The parts that every page is made of. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Answer } from "../data/cache.ts";
import type { RequestFailure } from "../data/failure.ts";
import { blockText } from "../text/name.tsx";

let isFirstPage = true;

interface PageProps {
	/** For the window, the heading and screen readers. */
	readonly title: string;
	readonly class?: string;
	readonly heading?: ComponentChildren;
	/** Beside the heading. */
	readonly aside?: ComponentChildren;
	readonly children: ComponentChildren;
}

/** A page with its heading, which gets the focus when the reader comes from another page. */
export function Page({ title, heading, aside, children, ...rest }: PageProps) {
	const element = useRef<HTMLHeadingElement>(null);
	useEffect(() => {
		document.title = `${title} – Coffer`;
		if (!isFirstPage) element.current?.focus({ preventScroll: true });
		isFirstPage = false;
	}, [title]);
	return (
		<div class={`page ${rest.class ?? ""}`}>
			<div class="page-head">
				<h1 ref={element} tabIndex={-1}>
					{heading ?? title}
				</h1>
				{aside}
			</div>
			{children}
		</div>
	);
}

/** What to do where there is nothing to see. */
export function Empty({
	title,
	children,
}: {
	readonly title: string;
	readonly children?: ComponentChildren;
}) {
	return (
		<div class="empty">
			<p class="empty-title">{title}</p>
			{children}
		</div>
	);
}

/** A remark about the whole page: what is missing on it, and why. */
export function Notice({
	kind = "info",
	children,
}: {
	readonly kind?: "info" | "bad";
	readonly children: ComponentChildren;
}) {
	return <div class={`notice ${kind}`}>{children}</div>;
}

export function FailureText({ failure }: { readonly failure: RequestFailure }) {
	return (
		<Notice kind="bad">
			<p>{blockText(failure.message)}</p>
			{failure.hint !== "" && <p>{blockText(failure.hint)}</p>}
		</Notice>
	);
}

/** A function's own error, which may be long. A box that scrolls must be reachable with the keyboard. */
export const ErrorText = ({ text }: { readonly text: string }) => (
	// biome-ignore lint/a11y/useSemanticElements: a fieldset belongs to a form
	// biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
	<pre class="error-text" role="group" aria-label="Error" tabIndex={0}>
		{blockText(text)}
	</pre>
);

/** That something is on its way. */
export const Loading = ({ what }: { readonly what: string }) => (
	<div class="loading" aria-busy="true">
		<p class="quiet">Loading {what} …</p>
	</div>
);

interface LoadedProps<T> {
	readonly answer: Answer<T>;
	/** Of what is loading, for the reader: `the functions`. */
	readonly what: string;
	readonly children: (value: T) => ComponentChildren;
}

/** Draws an answer; until there is one, that it is on its way or why there is none. */
export function Loaded<T>({ answer: { value, failure }, what, children }: LoadedProps<T>) {
	if (value !== undefined)
		return (
			<>
				{failure !== undefined && failure.kind !== "offline" && <FailureText failure={failure} />}
				{children(value)}
			</>
		);
	if (failure !== undefined) return <FailureText failure={failure} />;
	return <Loading what={what} />;
}
