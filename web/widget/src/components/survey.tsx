/** Two questions after an agent has closed the conversation: how it was, and anything to add. */
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Chat } from "../chat";
import type { Survey } from "../survey";
import { Icon } from "./icons";
import { useWords } from "./words";

export function SurveyView({ chat, survey }: { chat: Chat; survey: Survey }): JSX.Element {
  const words = useWords();
  const comment = useRef<HTMLTextAreaElement>(null);
  const { answered, customerSatisfaction: chosen } = survey;
  if (answered) {
    return (
      <p role="status" class="notice">
        {words.surveyThanks}
      </p>
    );
  }
  return (
    <section class="card" aria-labelledby="survey-question">
      <h2 id="survey-question" class="card-title">
        {words.surveyQuestion}
      </h2>
      <div class="ratings" role="group" aria-labelledby="survey-question">
        {words.ratings.map((label, index) => (
          <button key={label} type="button" class="rating" aria-pressed={chosen === index + 1} onClick={() => chat.rate(index + 1)}>
            <span class="rating-mark" data-reached={chosen !== undefined && index < chosen}>
              <Icon name="star" size={22} />
            </span>
            {label}
          </button>
        ))}
      </div>
      {chosen !== undefined && (
        <form
          class="remark"
          onSubmit={(event) => {
            event.preventDefault();
            chat.comment(comment.current?.value ?? "");
          }}
        >
          <label class="card-text" for="survey-comment">
            {words.surveyComment}
          </label>
          <textarea ref={comment} id="survey-comment" class="remark-input" rows={2} maxLength={1_000} dir="auto" />
          <div class="choices row">
            <button type="submit" class="primary">
              {words.surveySend}
            </button>
            <button type="button" class="secondary" onClick={() => chat.comment("")}>
              {words.surveySkip}
            </button>
          </div>
        </form>
      )}
    </section>
  );
}
