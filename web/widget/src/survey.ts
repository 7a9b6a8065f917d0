/** What the visitor is asked once an agent has closed the conversation, and what they have said. */
export interface Survey {
  readonly conversationId: string;
  /** 1 to 5, 5 is best. */
  readonly customerSatisfaction?: number;
  readonly comment?: string;
  /** Nothing more is asked. */
  readonly answered: boolean;
}
