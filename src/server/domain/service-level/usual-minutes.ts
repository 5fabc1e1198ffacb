/** What is promised where nothing else was agreed: minutes by class. */
export const usualMinutes = { stat: 30, urgent: 120, routine: 1440 };
