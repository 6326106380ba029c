"""What becomes of patients' data: told, erased, and not kept for ever."""
