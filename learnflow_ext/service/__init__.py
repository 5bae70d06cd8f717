"""The hub service `learnflow`: API, help, grading queue, the teacher's dashboard and its websocket."""
